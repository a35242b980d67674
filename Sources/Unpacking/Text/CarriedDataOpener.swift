/// The bytes that a text carries in base64 or in `data:` addresses.
package struct CarriedDataOpener: LayerOpener {
    private var runs: EncodedRuns
    private var current: EncodedRuns.Run?
    /// Where the last run ended. What begins within it is a part of what it decodes to.
    private var end: Int64 = 0
    private var number = 0

    private static let blockLength = 1 << 16
    /// In characters.
    private static let longestQuote = 1 << 14
    /// A ZIP of one empty file.
    private static let smallestArchive = 98
    /// Three dots, and the character for them: in UTF-8, in JSON, in HTML.
    private static let dots = ["...", "\u{2026}", "\\u2026", "&hellip;"].map { Array($0.utf8) }
    private static let brackets = [Array("[".utf8), Array("<".utf8)]
    /// How far behind an encoding dots may stand.
    private static let reach = 8

    package init(_ layer: FileSlice) throws(UnpackingError) { runs = try EncodedRuns(layer) }

    package var unaccounted: [Range<Int64>] { [] }

    package mutating func next() throws(UnpackingError) -> LayerPart? {
        while let run = try runs.next() {
            guard run.start >= end || isFileInString(run) else { continue }
            current = run
            number += 1
            let name = Array("encoded data \(number)".utf8)
            return LayerPart(name: name, isGuess: run.isGuess, use: try isQuote(run) ? .quote : .file)
        }
        return nil
    }

    /// Whether a file begins within a long string, behind a line of something else.
    private func isFileInString(_ run: EncodedRuns.Run) -> Bool {
        guard let current, case .quoted = current.kind, case .marked = run.kind else { return false }
        return run.start > current.start
    }

    /// Whether a text quotes the first bytes of a file, as manuals and logs do: an address that decodes to fewer bytes
    /// than the smallest archive, or an encoding with a mark of omission in it or behind it. Programs that follow
    /// addresses refuse one with such a mark (WHATWG, "Infra", forgiving-base64 decode). Others get a file that is cut,
    /// and all that readers of its form take out of that is inspected.
    private func isQuote(_ run: EncodedRuns.Run) throws(UnpackingError) -> Bool {
        let text = try runs.text.bytes(at: run.start, count: Self.longestQuote)
        var decoder = RunDecoder(run.kind)
        let length = decoder.add(text)
        guard decoder.isAtEnd || text.count < Self.longestQuote else { return false }
        let decoded = decoder.take(isLast: true)
        if !run.isGuess, decoded.count < Self.smallestArchive { return true }
        // Nothing but its first bytes says that it is a file: texts about formats quote those without such a mark.
        if case .marked = run.kind {
            return Self.isInspectedWhereCut(decoded) || EncodedHeads.isProgram(decoded)
        }
        guard Self.isInspectedWhereCut(decoded) else { return false }
        let marks: [[UInt8]]
        switch run.kind {
        // Dots and brackets are themselves there, and an attribute may be one.
        case .percent, .attribute, .marked: return false
        case .element: marks = Self.dots
        case .base64, .quoted: marks = Self.dots + Self.brackets
        }
        let (encoded, rest) = (Array(text[..<length]), Array(text[length...].prefix(Self.reach)))
        return marks.contains { encoded.index(of: $0) != nil } || Self.dots.contains { rest.index(of: $0) != nil }
    }

    /// Whether all that readers take out of a file that ends too early is inspected: of a stream and a PDF, and of a
    /// ZIP within its first member. Readers of other archives find more behind damage.
    private static func isInspectedWhereCut(_ bytes: [UInt8]) -> Bool {
        if bytes.starts(with: Array("%PDF-".utf8)) { return true }
        let forms = ContainerForm.forms(startingWith: bytes)
        if forms == [.zip] {
            let isStreamedAsItIs = bytes.count > 8 && bytes[6] & 8 != 0 && bytes[8] == 0
            return !isStreamedAsItIs && bytes.index(of: ZipExtents.localHeaderSignature, from: 4) == nil
        }
        return !forms.isEmpty && forms.allSatisfy(\.isInspectedWhereCut)
    }

    package mutating func unpack(into file: CInt, limit: Int64) throws(UnpackingError) -> Int64 {
        guard let current else { return 0 }
        var decoder = RunDecoder(current.kind)
        var (position, written) = (current.start, Int64(0))
        while !decoder.isAtEnd {
            let block = try runs.text.bytes(at: position, count: Self.blockLength)
            position += Int64(decoder.add(block))
            let bytes = decoder.take(isLast: decoder.isAtEnd || block.isEmpty)
            guard written + Int64(bytes.count) <= limit else {
                throw UnpackingError(.tooLarge, "more than \(limit) bytes")
            }
            try writeScratch(bytes[...], to: file, at: written)
            written += Int64(bytes.count)
            if block.isEmpty { break }
        }
        end = max(end, decoder.markedLength.map { current.start + $0 } ?? position)
        return written
    }
}
