/// Finds bytes that a text has as digits or behind escapes: hexadecimal digits of any source that begin a known file,
/// dumps of xxd and hexdump, strings of SQL, Ascii85, and what PostScript decodes or decrypts.
struct WrittenBytes {
    struct Run: Equatable {
        let start: Int64
        let kind: WrittenByteDecoder.Kind
    }

    let layer: FileSlice
    private var position: Int64 = 0
    private var pending: ArraySlice<Run> = []

    /// Fewer bytes in digits are no file.
    private static let fewest = 32
    /// The least of what PostScript declares to be digits.
    private static let fewestDeclared = 16
    /// The most characters that decide whether a run begins, and how far back a line is looked at.
    private static let (reach, lookBack) = (4096, 64)
    /// How far behind the name of a filter its data begins.
    private static let filterReach = 512
    private static let blockLength = 1 << 16
    private static let headLength = 1024
    /// How many bytes decide what a run begins with.
    private static let sampleLength = 64

    private static let eexec = Array("eexec".utf8)
    private static let ascii85Filter = Array("/ASCII85Decode filter".utf8)
    private static let hexFilter = Array("/ASCIIHexDecode filter".utf8)
    private static let registryHeads = ["REGEDIT4", "Windows Registry Editor Version 5.00"].map { Array($0.utf8) }

    /// How readers recognise files that hold others or are programs. A part needs one of these: digits that decode to
    /// anything else are what the text is about.
    private static let marks: [[UInt8]] = [
        [0x50, 0x4B, 3, 4], [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], [0x52, 0x61, 0x72, 0x21, 0x1A, 7],
        [0x25, 0x50, 0x44, 0x46, 0x2D], [0x7F, 0x45, 0x4C, 0x46], [0x1F, 0x8B, 8], [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0],
        [0x28, 0xB5, 0x2F, 0xFD], [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1], Array("{\\rtf".utf8),
        [0x4D, 0x53, 0x43, 0x46, 0, 0, 0, 0], [0xCA, 0xFE, 0xBA, 0xBE], [0xCF, 0xFA, 0xED, 0xFE],
        [0x4C, 0, 0, 0, 1, 0x14, 2, 0], Array("BZh".utf8), Array("MZ".utf8),
    ]
    private static let longestMark = marks.map(\.count).max() ?? 0
    private static let firstBytes = (0...255).map { byte in marks.contains { Int($0[0]) == byte } }
    /// Characters at which a run may begin.
    private static let triggers: [Bool] = (0...255).map { byte in
        UInt8(byte).hexadecimalValue != nil || [0x09, 0x0A, 0x22, 0x27, 0x2F, 0x3C].contains(byte)
    }

    init(_ layer: FileSlice) throws(UnpackingError) {
        self.layer = layer
        let head = try layer.bytes(at: 0, count: 64)
        let start = head.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        if Self.registryHeads.contains(where: { head.dropFirst(start).starts(with: $0) }) {
            pending = [Run(start: Int64(start), kind: .registry)]
        }
    }

    /// Whether a layer is a text, or a font of PostScript, that has bytes in one of these ways.
    static func areIn(_ layer: FileSlice) throws(UnpackingError) -> Bool {
        let head = try layer.bytes(at: 0, count: headLength)
        let isFont = head.starts(with: [0x80, 1]) && head.dropFirst(6).starts(with: Array("%!".utf8))
        let isText = !head.contains(0) && !head.prefix(8).contains { $0 < 9 || (0x0E...0x1A).contains($0) }
        guard isFont || isText, head.count >= fewestDeclared else { return false }
        var runs = try WrittenBytes(layer)
        return try runs.next() != nil
    }

    /// Whether bytes begin with the mark of a file.
    static func haveMark(_ bytes: [UInt8]) -> Bool {
        guard let first = bytes.first, firstBytes[Int(first)], let mark = marks.first(where: { bytes.starts(with: $0) })
        else { return false }
        switch mark.count {
        case 2:
            // The offset of the newer header, within the first page.
            guard bytes.count >= 64 else { return false }
            return (64...4096).contains(bytes.number(4, at: 60))
        case 3 where first == 0x42:
            return bytes.count >= 8 && (0x31...0x39).contains(bytes[3])
                && bytes[4..<8].elementsEqual([0x31, 0x41, 0x59, 0x26])
        default: return true
        }
    }

    mutating func next() throws(UnpackingError) -> Run? {
        while pending.isEmpty, position < layer.size {
            let before = Int(min(position, Int64(Self.lookBack)))
            let start = position - Int64(before)
            let block = try layer.bytes(at: start, count: before + Self.blockLength + Self.reach)
            let isLast = start + Int64(block.count) >= layer.size
            let end = isLast ? block.count : before + Self.blockLength
            pending = Self.runs(in: block, before..<end, at: start)[...]
            position += Int64(max(1, end - before))
        }
        return pending.popFirst()
    }

    private static func runs(in block: [UInt8], _ range: Range<Int>, at offset: Int64) -> [Run] {
        var found: [Run] = []
        func add(_ start: Int, _ kind: WrittenByteDecoder.Kind) {
            found.append(Run(start: offset + Int64(start), kind: kind))
        }
        // Behind what decided about a run of digits. What begins within that is the same run.
        var digitsEnd = 0
        for index in range where triggers[Int(block[index])] {
            let byte = block[index]
            switch byte {
            case 0x27, 0x22:
                for isOctal in [false, true] where isString(block, from: index + 1, .string(byte, isOctal: isOctal)) {
                    add(index + 1, .string(byte, isOctal: isOctal))
                }
            case 0x09, 0x0A:
                if isString(block, from: index + 1, .copied) { add(index + 1, .copied) }
            case 0x3C:
                if isAscii85(block, from: index + 2), block[index + 1] == 0x7E { add(index + 2, .ascii85) }
            case 0x2F:
                if let (start, kind) = filtered(block, from: index) { add(start, kind) }
            default:
                if byte == 0x65, let start = encrypted(block, from: index) { add(start, .eexec) }
                guard index >= digitsEnd, index == 0 || block[index - 1].hexadecimalValue == nil else { continue }
                if let kind = digits(block, from: index, &digitsEnd) { add(index, kind) }
            }
        }
        return found
    }

    /// Returns the kind of a run of digits if it begins a file.
    private static func digits(_ block: [UInt8], from start: Int, _ end: inout Int) -> WrittenByteDecoder.Kind? {
        guard start + 2 < block.count, let high = block[start].hexadecimalValue,
            let low = block[start + 1].hexadecimalValue, firstBytes[Int(high << 4 | low)]
        else { return nil }
        let kind = dumpKind(block, before: start) ?? .digits
        let first = decoded(block, from: start, kind, count: longestMark).bytes
        guard first.count == longestMark, marks.contains(where: { first.starts(with: $0) }) else { return nil }
        let sample = decoded(block, from: start, kind, count: sampleLength)
        end = sample.end
        return sample.bytes.count >= fewest && haveMark(sample.bytes) ? kind : nil
    }

    /// The kind of a dump if an offset stands before its first byte: `00000000: `, or without a colon.
    private static func dumpKind(_ block: [UInt8], before start: Int) -> WrittenByteDecoder.Kind? {
        var line = block[max(0, start - lookBack)..<start]
        let blanks = line.reversed().prefix { $0 == 0x20 || $0 == 9 }.count
        guard blanks > 0 else { return nil }
        line.removeLast(blanks)
        let hasColon = line.last == 0x3A
        if hasColon { line.removeLast() }
        let count = line.reversed().prefix { $0.hexadecimalValue != nil }.count
        let rest = line.dropLast(count).reversed().drop { $0 == 0x20 || $0 == 9 }
        guard count >= 4, rest.isEmpty || rest.first == 0x0A else { return nil }
        return .dump(hasColon: hasColon)
    }

    /// Whether a string with escapes begins a file.
    private static func isString(_ block: [UInt8], from start: Int, _ kind: WrittenByteDecoder.Kind) -> Bool {
        guard start < block.count, firstBytes[Int(block[start])] || block[start] == 0x5C else { return false }
        let ends: [UInt8] = if case .string(let quote, _) = kind { [quote] } else { [9, 0x0A] }
        // A file without any escape stands in the text as it is, and is found there.
        let text = block[start...].prefix(8 * sampleLength).prefix { !ends.contains($0) }
        guard let escape = text.firstIndex(of: 0x5C) else { return false }
        let number = block[escape...].prefix(5).drop { $0 == 0x5C }.prefix(3)
        let isOctal = number.count == 3 && number.allSatisfy { (0x30...0x37).contains($0) }
        switch kind {
        case .copied where !isOctal, .string(_, isOctal: true) where !isOctal: return false
        default: return haveMark(decoded(block, from: start, kind, count: sampleLength).bytes)
        }
    }

    private static func isAscii85(_ block: [UInt8], from start: Int) -> Bool {
        guard start < block.count, start > 1, block[start - 1] == 0x7E else { return false }
        let text = block[start...].prefix(reach)
        let digits = text.prefix { $0 <= 0x20 || WrittenByteDecoder.isAscii85($0) }
        guard digits.count(where: { $0 > 0x20 }) >= 20 else { return false }
        return digits.count == text.count || text[digits.endIndex...].starts(with: [0x7E, 0x3E])
    }

    /// Where the data of a filter that PostScript sets up here begins: behind the line, of those lines the first one
    /// that is long and has no blanks, or ends the data.
    private static func filtered(_ block: [UInt8], from start: Int) -> (Int, WrittenByteDecoder.Kind)? {
        let text = block[start...].prefix(filterReach)
        let isHex = text.starts(with: hexFilter)
        guard isHex || text.starts(with: ascii85Filter) else { return nil }
        let end: UInt8 = isHex ? 0x3E : 0x7E
        for line in text.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }).dropFirst() {
            let digits = line.prefix { isHex ? $0.hexadecimalValue != nil : WrittenByteDecoder.isAscii85($0) }
            let isData = digits.count == line.count && digits.count >= 40
            if isData || line[digits.endIndex...].first == end && digits.count >= fewestDeclared {
                return (line.startIndex, isHex ? .digits : .ascii85)
            }
        }
        return nil
    }

    /// Where what `eexec` decrypts begins: behind the head of its segment in a font for Windows.
    private static func encrypted(_ block: [UInt8], from start: Int) -> Int? {
        guard block[start...].starts(with: eexec), start > 0, block[start - 1] <= 0x20 else { return nil }
        let end = start + eexec.count
        guard end + 16 < block.count, [0x20, 9, 0x0A, 0x0D].contains(block[end]) else { return nil }
        let data = block[end...].prefix(8).drop { [0x20, 9, 0x0A, 0x0D].contains($0) }
        return data.starts(with: [0x80, 2]) ? data.startIndex + 6 : data.isEmpty ? nil : data.startIndex
    }

    /// The first bytes that text decodes to, and where that ends.
    private static func decoded(
        _ block: [UInt8], from start: Int, _ kind: WrittenByteDecoder.Kind, count: Int
    ) -> (bytes: [UInt8], end: Int) {
        var (decoder, end) = (WrittenByteDecoder(kind), start)
        // A line of a dump has a few characters for each byte, and so have escapes.
        let last = min(block.count, start + count * 8)
        while end < last, !decoder.isAtEnd {
            decoder.add(block[end])
            end += 1
        }
        return (Array(decoder.take(isLast: true).prefix(count)), end)
    }
}
