/// The entries of a ZIP from a local header on, one behind the other, as readers take them that find no directory.
package struct LooseZipOpener: LayerOpener, ~Copyable {
    private let layer: FileSlice
    private var archive: ArchiveOpener
    private var number = 0
    private var isEnded = false

    package init(_ layer: FileSlice) throws(UnpackingError) {
        self.layer = layer
        archive = try ArchiveOpener(layer, form: .zip, isLooseZip: true)
    }

    /// Damage between two entries is the end.
    package mutating func next() throws(UnpackingError) -> LayerPart? {
        guard !isEnded else { return nil }
        number += 1
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
            return number == 1 ? max(decoded, try inflateFirst(into: file, limit: limit)) : decoded
        }
    }

    /// Decodes the first entry as far as it goes, and returns how many bytes that are; 0 if it is not deflated.
    /// libarchive gives no bytes of the block in which the damage is.
    private func inflateFirst(into file: CInt, limit: Int64) throws(UnpackingError) -> Int64 {
        let header = try layer.bytes(at: 0, count: 30)
        guard header.count == 30, header.number(2, at: 8) == 8 else { return 0 }
        let start = 30 + Int64(header.number(2, at: 26) + header.number(2, at: 28))
        var writer = ScratchWriter(file, limit: limit)
        var stream = try ZlibStream(.raw)
        _ = try stream.run(
            from: start,
            reading: { offset throws(UnpackingError) in try layer.bytes(at: offset, count: ZlibStream.blockLength) },
            writing: { bytes throws(UnpackingError) in
                try writer.append(bytes)
                return true
            })
        return try writer.finish()
    }

    package var unaccounted: [Range<Int64>] { [] }
}
