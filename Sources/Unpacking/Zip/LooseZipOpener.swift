/// The entries of a ZIP from a local header on, one behind the other, as readers take them that find no directory.
package struct LooseZipOpener: LayerOpener, ~Copyable {
    private var archive: ArchiveOpener
    private var isEnded = false

    package init(_ layer: FileSlice) throws(UnpackingError) {
        archive = try ArchiveOpener(layer, form: .zip, isLooseZip: true)
    }

    /// Damage between two entries is the end.
    package mutating func next() throws(UnpackingError) -> LayerPart? {
        guard !isEnded else { return nil }
        do throws(UnpackingError) {
            return try archive.next()
        } catch {
            isEnded = true
            if error.isDamage { return nil }
            throw error
        }
    }

    /// Damage within an entry is its end.
    package mutating func unpack(into file: CInt, limit: Int64) throws(UnpackingError) -> Int64 {
        do throws(UnpackingError) {
            return try archive.unpack(into: file, limit: limit)
        } catch {
            guard error.isDamage, let decoded = fileLength(of: file) else { throw error }
            return decoded
        }
    }

    package var unaccounted: [Range<Int64>] { [] }
}
