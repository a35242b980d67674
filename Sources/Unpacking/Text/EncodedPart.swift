/// A part of a text or of a letter: a stretch of the layer, and how its bytes are encoded.
struct EncodedPart: Sendable {
    enum Coding: Sendable {
        case plain
        case base64(Base64.Reading)
        case quotedPrintable
        /// Whether lines that do not look like data are decoded, too.
        case uuencode(UUBlock, takesAll: Bool)
        /// The parts of one file in their order. Whether two dots at a line's start stand for one.
        case yEnc([YEncBlock], undoubles: Bool)
        case binHex(BinHexBlock, BinHexBlock.Fork)
        /// As GMime decodes it.
        case gmime(MailLeaf.Encoding)
    }

    let name: [UInt8]
    let range: Range<Int64>
    let coding: Coding
    /// Whether nothing declares it.
    var isGuess = false
    /// How the line ends of a text are written; nil leaves them as the letter has them.
    var lineEnds: ScratchWriter.LineEnds?

    /// Writes the decoded bytes to a scratch file, and returns their number. Damaged lines are decoded as far as they
    /// go: a reader may do the same.
    func decode(_ slice: FileSlice, into file: CInt, limit: Int64) throws(UnpackingError) -> Int64 {
        var writer = ScratchWriter(file, limit: limit, lineEnds: lineEnds)
        switch coding {
        case .plain where lineEnds != nil:
            try slice.forEachBlock(in: range) { block throws(UnpackingError) in try writer.append(block) }
        case .plain: return try slice.copy(range.clamped(to: 0..<slice.size), into: file, limit: limit)
        case .base64(let reading): try Base64.decode(slice, in: range, reading, to: &writer)
        case .quotedPrintable: try QuotedPrintable.decode(slice, in: range, to: &writer)
        case .uuencode(let block, let takesAll): try block.decode(slice, takesAll: takesAll, to: &writer)
        case .yEnc(let blocks, let undoubles):
            for block in blocks { try block.decode(slice, undoubles: undoubles, to: &writer) }
        case .binHex(let block, let fork): try block.decode(slice, fork, to: &writer)
        case .gmime(let encoding): try encoding.decode(slice, in: range, to: &writer)
        }
        return try writer.finish()
    }

    /// The part with the other kind of line ends. Readers of mail write a text's lines as their system has them.
    func withOtherLineEnds(in slice: FileSlice) throws(UnpackingError) -> EncodedPart? {
        guard let end = try slice.firstOffset(of: [0x0A], in: range) else { return nil }
        let before = try slice.bytes(at: max(range.lowerBound, end - 1), count: 1)
        var part = self
        part.lineEnds = before == [0x0D] ? .lineFeed : .both
        return part
    }
}

extension EncodedPart {
    /// The files of a text's marks. Parts of one yEnc file are joined.
    ///
    /// - Parameter forms: the marks that are taken; nil takes all.
    static func parts(
        of marks: [EncodedText.Mark], in slice: FileSlice, only form: ContainerForm? = nil
    ) throws(UnpackingError) -> [EncodedPart] {
        var parts: [EncodedPart] = []
        var yEncBlocks: [[UInt8]: [YEncBlock]] = [:]
        for mark in marks where form == nil || mark.form == form {
            switch mark {
            case .uuencode(let offset):
                guard let block = try UUBlock.find(in: slice, at: offset) else { continue }
                parts.append(EncodedPart(block, takesAll: false))
                if block.alphabet == .base64 {
                    let irregularities = try Base64.irregularities(of: slice, in: block.data)
                    for reading in Base64.readings(irregularities).dropFirst() {
                        parts.append(EncodedPart(name: block.name, range: block.data, coding: .base64(reading)))
                    }
                } else if block.hasOtherLines {
                    parts.append(EncodedPart(block, takesAll: true))
                }
            case .yEnc(let offset):
                guard let block = try YEncBlock.find(in: slice, at: offset) else { continue }
                yEncBlocks[block.name, default: []].append(block)
            case .binHex(let offset):
                guard let block = try BinHexBlock.find(in: slice, at: offset) else { continue }
                for (fork, range) in [(BinHexBlock.Fork.data, block.data), (.resource, block.resource)]
                where !range.isEmpty {
                    parts.append(EncodedPart(name: block.name, range: block.range, coding: .binHex(block, fork)))
                }
            case .base64(let range), .property(let range):
                let isGuess = if case .base64 = mark { true } else { false }
                // Its other bytes are those that stand before quoted lines.
                let irregularities = try Base64.irregularities(of: slice, in: range).subtracting(.otherBytes)
                for reading in Base64.readings(irregularities) {
                    parts.append(EncodedPart(name: [], range: range, coding: .base64(reading), isGuess: isGuess))
                }
            }
        }
        for (name, blocks) in yEncBlocks.sorted(by: { $0.value[0].range.lowerBound < $1.value[0].range.lowerBound }) {
            let sorted = blocks.sorted { ($0.position, $0.range.lowerBound) < ($1.position, $1.range.lowerBound) }
            let range = blocks[0].range
            parts.append(EncodedPart(name: name, range: range, coding: .yEnc(sorted, undoubles: false)))
            if blocks.contains(where: \.hasDoubledDots) {
                parts.append(EncodedPart(name: name, range: range, coding: .yEnc(sorted, undoubles: true)))
            }
        }
        return parts
    }

    private init(_ block: UUBlock, takesAll: Bool) {
        self.init(name: block.name, range: block.range, coding: .uuencode(block, takesAll: takesAll))
    }
}
