/// The files that a shell script holds in here-documents (POSIX, "Shell Command Language", 2.7.4): those of a shell
/// archive, whose lines have an `X` before them, and those that a script writes.
package struct HereDocuments: LayerOpener {
    /// By which an archive takes the letter off.
    static let mark = "s/^X//"
    private static let maximumParts = 10_000

    private struct Document {
        let range: Range<Int64>
        /// The letter before each line.
        let prefix: UInt8?
        let stripsTabs: Bool
    }

    private let layer: FileSlice
    private var lines: TextLines
    private var count = 0
    private var current: Document?

    /// Whether a layer begins as a shell script.
    static func isHead(_ head: FileStart) -> Bool {
        guard head.has("#!") else { return false }
        let line = head.bytes.prefix(80).prefix { $0 != 0x0A }
        return Array(line).index(of: Array("sh".utf8)) != nil
    }

    package init(_ layer: FileSlice) {
        self.layer = layer
        lines = TextLines(layer, in: 0..<layer.size)
    }

    package mutating func next() throws(UnpackingError) -> LayerPart? {
        while let line = try lines.next() {
            guard line.isStart, let head = Self.head(line.bytes) else { continue }
            count += 1
            guard count <= Self.maximumParts else { throw UnpackingError(.tooLarge, "more than \(count) documents") }
            var end = line.next
            while let inner = try lines.next() {
                end = inner.start
                let text = head.stripsTabs ? inner.bytes.drop { $0 == 9 } : inner.bytes[...]
                if inner.isStart, text.elementsEqual(head.word) { break }
                end = inner.next
            }
            current = Document(range: line.next..<end, prefix: head.prefix, stripsTabs: head.stripsTabs)
            return LayerPart(name: Array("document \(count)".utf8), isGuess: true)
        }
        return nil
    }

    /// Returns the word that ends the document of a line, or nil if the line writes none to a file.
    private static func head(_ line: [UInt8]) -> (word: [UInt8], prefix: UInt8?, stripsTabs: Bool)? {
        guard let place = line.index(of: [0x3C, 0x3C]), line.count > place + 2, line[place + 2] != 0x3C else {
            return nil
        }
        let isArchive = line.index(of: Array(mark.utf8)) != nil
        guard isArchive || line.contains(0x3E) else { return nil }
        let stripsTabs = line[place + 2] == 0x2D
        let rest = line[(place + (stripsTabs ? 3 : 2))...].drop { $0 == 0x20 || $0 == 9 }
        let quotes: [UInt8] = [0x27, 0x22, 0x5C]
        let word: [UInt8]
        if let quote = rest.first, quote == 0x27 || quote == 0x22 {
            word = Array(rest.dropFirst().prefix { $0 != quote })
        } else {
            word = rest.prefix { $0 > 0x20 && !Array(";&|<>)".utf8).contains($0) }.filter { !quotes.contains($0) }
        }
        return word.isEmpty ? nil : (word, isArchive ? 0x58 : nil, stripsTabs)
    }

    package mutating func unpack(into file: CInt, limit: Int64) throws(UnpackingError) -> Int64 {
        guard let current else { return 0 }
        var writer = ScratchWriter(file, limit: limit)
        var lines = TextLines(layer, in: current.range)
        while let line = try lines.next() {
            var text = line.bytes[...]
            if line.isStart, current.stripsTabs { text = text.drop { $0 == 9 } }
            if line.isStart, let prefix = current.prefix, text.first == prefix { text = text.dropFirst() }
            try writer.append(text)
            let end = line.start + Int64(line.bytes.count)
            try writer.append(layer.bytes(at: end, count: Int(line.next - end)))
        }
        return try writer.finish()
    }

    package var unaccounted: [Range<Int64>] { [] }
}
