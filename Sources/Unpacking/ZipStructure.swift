/// What the structure of a ZIP archive says, read from its end record backwards and then entry by entry.
///
/// Readers of ZIP go different ways: by the directory at the end, or from local header to local header. Where the two ways
/// would come to different content, no reader's word is enough. Source: PKWARE's APPNOTE.TXT 6.3.10.
package struct ZipStructure: Sendable {
    /// Entries of the directory.
    package private(set) var entries = 0
    /// Those of them that have bytes.
    package private(set) var dataEntries = 0
    private var found: [ZipProblem.Kind: ZipProblem] = [:]

    /// At most one of each kind, the worst first.
    package var problems: [ZipProblem] {
        found.values.sorted { ($0.kind.effect, $0.kind.rawValue) > ($1.kind.effect, $1.kind.rawValue) }
    }

    /// Whether some reader may see content that one that goes by the directory does not.
    package var hidesContent: Bool { found.keys.contains { $0.effect == .ambiguous } }

    /// An archive of more entries is refused: each costs a few dozen bytes of memory and a read.
    package static let mostEntries = 2_000_000

    /// - Throws: `.read` where the file cannot be read, `.tooLarge` with more than `mostEntries`. What is wrong with the archive
    ///   itself is among the problems.
    package init(descriptor: CInt, offset: Int64 = 0, size: Int64) throws(UnpackingError) {
        let file = FileStretch(descriptor: descriptor, start: offset, size: size)
        guard let end = try ZipEnd.find(in: file, note: { found.note($0, $1) }) else {
            if found.isEmpty { found.note(.noDirectory, "no end record") }
            return
        }
        var directory = ZipDirectory(end: end, file: file)
        var extents = ZipExtents()
        while let entry = try directory.next() {
            guard entries < Self.mostEntries else {
                throw UnpackingError(.tooLarge, "a directory of more than \(Self.mostEntries) entries")
            }
            entries += 1
            if entry.size > 0 || entry.packedSize > 0 { dataEntries += 1 }
            entry.checkItself { found.note($0, $1) }
            if let extent = try entry.checkLocalHeader(in: file, end: end, note: { found.note($0, $1) }) {
                extents.add(extent, isEmpty: entry.packedSize == 0)
            }
        }
        directory.checkEnd(entries: entries) { found.note($0, $1) }
        try extents.check(in: file, end: end) { found.note($0, $1) }
    }
}

extension [ZipProblem.Kind: ZipProblem] {
    fileprivate mutating func note(_ kind: ZipProblem.Kind, _ detail: String) {
        self[kind, default: ZipProblem(kind: kind, detail: detail)].count += 1
    }
}
