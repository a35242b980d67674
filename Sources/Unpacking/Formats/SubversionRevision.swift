/// The texts in a file of revisions of a Subversion repository (Subversion, `subversion/libsvn_fs_fs/structure`):
/// behind a line `DELTA`, a stream of svndiff (`notes/svndiff`) up to `ENDREP`. A text that is stored whole is a
/// difference from nothing.
package struct SubversionRevision: LayerOpener {
    /// Behind the line `DELTA`: the mark of svndiff with its version.
    static let marks: [[UInt8]] = (0...2).map { Array("\nSVN".utf8) + [$0] }
    private static let delta = Array("DELTA".utf8)
    private static let end = Array("ENDREP".utf8)
    private static let longestLine: Int64 = 80
    private static let maximumTexts = 1_000_000

    private let layer: FileSlice
    private var place: Int64
    private var windows: SVNDiffWindows?
    private var count = 0
    private var isDifference = false

    /// Whether the line before a mark is `DELTA`, alone or with numbers of the text from which one differs.
    static func isText(in layer: FileSlice, at offset: Int64) throws(UnpackingError) -> Bool {
        let start = max(0, offset - longestLine)
        let before = try layer.bytes(at: start, count: Int(offset - start))
        let line = before.lastIndex(of: 0x0A).map { before[($0 + 1)...] } ?? before[...]
        return line.starts(with: delta)
            && line.dropFirst(delta.count).allSatisfy { $0 == 0x20 || (0x30...0x39).contains($0) }
    }

    /// - Parameter offset: of the first mark.
    package init(_ layer: FileSlice, at offset: Int64) {
        self.layer = layer
        place = offset
    }

    /// - Throws: `.malformed`; `.method` at the end, if a text is stored as a difference from another one.
    package mutating func next() throws(UnpackingError) -> LayerPart? {
        while let found = try layer.firstOffset(of: Array(Self.marks[0].dropLast()), in: place..<layer.size) {
            place = found + Int64(Self.marks[0].count)
            let version = try layer.bytes(at: place - 1, count: 1).first ?? .max
            guard version < Self.marks.count, try Self.isText(in: layer, at: found) else { continue }
            count += 1
            guard count <= Self.maximumTexts else { throw UnpackingError(.tooLarge, "more than \(count) texts") }
            let text = SVNDiffWindows(layer, from: place, version: version, end: Self.end)
            guard try text.isWhole() else {
                isDifference = true
                continue
            }
            windows = text
            return LayerPart("text \(count)")
        }
        if isDifference { throw UnpackingError(.method, "a text that is stored as a difference") }
        return nil
    }

    package mutating func unpack(into file: CInt, limit: Int64) throws(UnpackingError) -> Int64 {
        guard let windows else { return 0 }
        var writer = ScratchWriter(file, limit: limit)
        place = try windows.unpack { bytes throws(UnpackingError) in try writer.append(bytes) }
        return try writer.finish()
    }

    package var unaccounted: [Range<Int64>] { [] }
}
