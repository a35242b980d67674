/// The files in a stream of `git fast-export` (git-fast-import(1), "Input format"): the bytes behind `data` and a
/// length, or up to a line of its own.
package struct GitExportOpener: ListingOpener {
    /// The commands that a stream may begin with.
    private static let commands = ["blob\n", "reset refs/", "commit refs/", "feature done\n", "option git ", "tag "]
    private static let maximumParts = 1_000_000

    package var parts = ListedParts(maximum: maximumParts)

    /// Whether a layer begins with a command, and data stand among its first lines.
    static func isHead(_ head: FileStart) -> Bool {
        guard commands.contains(where: { head.bytes.starts(with: $0.utf8) }) else { return false }
        let start = Array(head.bytes.prefix(4096))
        return start.index(of: Array("\ndata ".utf8)) != nil
    }

    /// - Throws: `.truncated` if data are cut; `.tooLarge`.
    package init(_ layer: FileSlice) throws(UnpackingError) {
        var lines = TextLines(layer, in: 0..<layer.size)
        var isMessage = false
        while let line = try lines.next() {
            guard line.isStart else { continue }
            if line.has("commit ") || line.has("tag ") { isMessage = true }
            if line.has("blob") || line.has("M ") { isMessage = false }
            guard line.has("data ") else { continue }
            let value = line.bytes.dropFirst(5)
            let range: Range<Int64>
            if value.starts(with: "<<".utf8) {
                range = try Self.lines(upTo: Array(value.dropFirst(2)), &lines, from: line.next)
            } else {
                let digits = value.prefix { (0x30...0x39).contains($0) }
                guard (1...18).contains(digits.count), digits.count == value.count else { continue }
                let length = digits.reduce(Int64(0)) { $0 * 10 + Int64($1 - 0x30) }
                guard length <= layer.size - line.next else { throw UnpackingError(.truncated, "data are cut") }
                range = line.next..<line.next + length
                lines.skip(to: range.upperBound)
            }
            if !isMessage { try parts.add("data", range, of: layer) }
            isMessage = false
        }
    }

    /// The lines up to one that is `end`.
    private static func lines(
        upTo end: [UInt8], _ lines: inout TextLines, from start: Int64
    ) throws(UnpackingError) -> Range<Int64> {
        while let line = try lines.next() {
            if line.isStart, line.bytes == end { return start..<line.start }
        }
        throw UnpackingError(.truncated, "data without their end")
    }

    package var unaccounted: [Range<Int64>] { [] }
}
