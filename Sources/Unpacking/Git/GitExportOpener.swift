/// The files in a stream of `git fast-export` (git-fast-import(1), "Input format"): the bytes behind `data` and a
/// length, or up to a line of its own.
package struct GitExportOpener: ListingOpener {
    /// What the lines before the first data begin with; a line may also be empty or a comment.
    private static let commands = [
        "blob", "mark ", "original-oid ", "reset ", "from ", "commit ", "author ", "committer ", "gpgsig ", "encoding ",
        "merge ", "tag ", "tagger ", "feature ", "option ", "progress ", "checkpoint", "alias", "to ", "cat-blob ",
        "get-mark ", "ls ",
    ]
    private static let maximumParts = 1_000_000

    package var parts = ListedParts(maximum: maximumParts)

    /// Whether a layer begins as a stream: only commands, comments and empty lines stand before the first data.
    static func begins(_ layer: FileSlice) throws(UnpackingError) -> Bool {
        var lines = TextLines(layer, in: 0..<layer.size)
        var hasCommand = false
        while let line = try lines.next() {
            guard line.isStart, !line.bytes.isEmpty, !line.has("#") else { continue }
            if line.has("data ") { return hasCommand }
            guard commands.contains(where: line.has) else { return false }
            hasCommand = true
        }
        return false
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
