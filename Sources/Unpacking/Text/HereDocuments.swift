/// The files that a shell script holds in here-documents (POSIX, "Shell Command Language", 2.7.4): those of a shell
/// archive, whose lines have an `X` before them, and those that a script hands to a command.
///
/// Which `<<` begins a document depends on quotes that may begin lines before. So each does but a shift, and no line of
/// a document is passed over: what looks like a document within another one is one as well if its end is there.
package struct HereDocuments: LayerOpener {
    /// By which an archive takes the letter off.
    static let mark = "s/^X//"
    private static let maximumParts = 10_000
    private static let maximumHeads = 100_000
    /// How often, on average, a byte may belong to documents, and the bytes that may for a short script.
    private static let maximumOverlap: Int64 = 16
    private static let minimumBytes: Int64 = 1 << 20

    private struct Document {
        let head: HereDocumentHead
        let range: Range<Int64>
    }

    /// Documents of one line that have not ended, in the order in which they follow one another.
    private struct Open {
        var heads: ArraySlice<HereDocumentHead>
        var start: Int64
    }

    private let layer: FileSlice
    private var documents: [Document] = []
    private var bytes: Int64 = 0
    private var index = -1

    /// Whether a layer begins as a shell script.
    static func isHead(_ head: FileStart) -> Bool {
        guard head.has("#!") else { return false }
        let line = head.bytes.prefix(80).prefix { $0 != 0x0A }
        return Array(line).index(of: Array("sh".utf8)) != nil
    }

    /// - Throws: `.tooLarge` with more documents than are read.
    package init(_ layer: FileSlice) throws(UnpackingError) {
        self.layer = layer
        let isScript = try layer.bytes(at: 0, count: 2) == Array("#!".utf8)
        var lines = TextLines(layer, in: 0..<layer.size)
        /// By what ends the first of each.
        var open: [HereDocumentHead.End: [Open]] = [:]
        var count = 0
        /// How many documents a line belongs to.
        var around = 0
        var carried: [UInt8] = []
        while let line = try lines.next() {
            if line.isStart {
                carried = []
                for ended in Self.ended(by: line.bytes, &open) {
                    let head = ended.heads.first!
                    if head.isPlain { around -= 1 }
                    try add(head, ended.start..<line.start)
                    let rest = ended.heads.dropFirst()
                    guard let next = rest.first else { continue }
                    if next.isPlain { around += 1 }
                    open[next.end, default: []].append(Open(heads: rest, start: line.next))
                }
            }
            let isLast = line.contentEnd < line.next || line.next == layer.size
            let text = carried + line.bytes
            let heads = HereDocumentHead.all(
                in: text, upTo: isLast ? text.count : max(0, text.count - HereDocumentHead.longest),
                needsFile: !isScript, isInDocument: around > 0)
            carried = isLast ? [] : text.suffix(HereDocumentHead.longest)
            guard let first = heads.first else { continue }
            if first.isPlain { around += 1 }
            open[first.end, default: []].append(Open(heads: heads[...], start: line.next))
            count += heads.count
            guard count <= Self.maximumHeads else { throw UnpackingError(.tooLarge, "more documents than are read") }
        }
        // The end of the script ends a document as well.
        for rest in open.values.joined() {
            if let head = rest.heads.first, head.mayLackEnd { try add(head, rest.start..<layer.size) }
        }
        documents.sort { $0.range.lowerBound < $1.range.lowerBound }
    }

    /// Removes and returns the documents that a line ends.
    private static func ended(by line: [UInt8], _ open: inout [HereDocumentHead.End: [Open]]) -> [Open] {
        guard !open.isEmpty else { return [] }
        let ends = [
            HereDocumentHead.End(word: line, stripsTabs: false),
            HereDocumentHead.End(word: Array(line.drop { $0 == 9 }), stripsTabs: true),
        ]
        return ends.flatMap { open.removeValue(forKey: $0) ?? [] }
    }

    private mutating func add(_ head: HereDocumentHead, _ range: Range<Int64>) throws(UnpackingError) {
        bytes += Int64(range.count)
        guard documents.count < Self.maximumParts, bytes <= Self.maximumOverlap * layer.size + Self.minimumBytes else {
            throw UnpackingError(.tooLarge, "more documents than are read")
        }
        documents.append(Document(head: head, range: range))
    }

    package var partCount: Int? { documents.count }

    package mutating func next() throws(UnpackingError) -> LayerPart? {
        index += 1
        guard index < documents.count else { return nil }
        return LayerPart(name: Array("document \(index + 1)".utf8), isGuess: true)
    }

    package mutating func unpack(into file: CInt, limit: Int64) throws(UnpackingError) -> Int64 {
        guard documents.indices.contains(index) else { return 0 }
        let (head, range) = (documents[index].head, documents[index].range)
        var writer = ScratchWriter(file, limit: limit)
        var lines = TextLines(layer, in: range)
        while let line = try lines.next() {
            var text = line.bytes[...]
            if line.isStart, head.end.stripsTabs { text = text.drop { $0 == 9 } }
            if line.isStart, let prefix = head.prefix, text.first == prefix { text = text.dropFirst() }
            try writer.append(text)
            try writer.append(layer.lineEnd(of: line))
        }
        return try writer.finish()
    }

    package var unaccounted: [Range<Int64>] { [] }
}
