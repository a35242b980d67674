/// Base64 (RFC 4648, section 4) as lenient readers decode it: what is no digit is skipped.
enum Base64 {
    /// What padding before the end, and the digits of the variant for URLs, mean. Readers differ.
    struct Reading: OptionSet, Sendable, Hashable {
        let rawValue: UInt8
        /// Padding before the end is skipped. Without, it ends a group, and the next one begins.
        static let skipsPadding = Reading(rawValue: 1)
        /// `-` and `_` are digits.
        static let takesURLDigits = Reading(rawValue: 2)
        /// Lines with other bytes than digits, padding and blanks are skipped.
        static let skipsOtherLines = Reading(rawValue: 4)
        /// Each line begins a group, whatever is missing in the line before.
        static let restartsLines = Reading(rawValue: 8)
    }

    /// What a stretch holds beside digits and line ends.
    struct Irregularity: OptionSet, Sendable {
        let rawValue: UInt8
        static let paddingBeforeEnd = Irregularity(rawValue: 1)
        static let urlDigits = Irregularity(rawValue: 2)
        static let otherBytes = Irregularity(rawValue: 4)
        /// Of two lines before the last one, the first has whole groups and the second has not, or the reverse.
        static let brokenLines = Irregularity(rawValue: 8)
    }

    private static let other: UInt8 = 255
    private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let blockLength = 64 << 10

    /// The value of each digit, or `other`.
    static let values: [UInt8] = {
        var values = [UInt8](repeating: other, count: 256)
        for (value, digit) in digits.enumerated() { values[Int(digit)] = UInt8(value) }
        return values
    }()

    private static func isRegular(_ byte: UInt8) -> Bool {
        values[Int(byte)] != other || byte == 0x3D || byte == 0x20 || byte == 9
    }

    /// Returns what distinguishes a stretch from Base64 that all readers decode alike.
    static func irregularities(of slice: FileSlice, in range: Range<Int64>) throws(UnpackingError) -> Irregularity {
        var found: Irregularity = []
        var isPadded = false
        var lines = LineGroups()
        var offset = range.lowerBound
        while offset < range.upperBound {
            let block = try slice.bytes(at: offset, count: Int(min(Int64(blockLength), range.upperBound - offset)))
            guard !block.isEmpty else { break }
            offset += Int64(block.count)
            for byte in block {
                switch byte {
                case 0x0A, 0x0D: lines.endLine()
                case 0x20, 9: break
                case 0x3D: isPadded = true
                case _ where values[Int(byte)] != other:
                    lines.digits += 1
                    if isPadded { found.insert(.paddingBeforeEnd) }
                case 0x2D, 0x5F: found.formUnion([.urlDigits, .otherBytes])
                default: found.insert(.otherBytes)
                }
            }
        }
        if lines.areBroken { found.insert(.brokenLines) }
        return found
    }

    /// Which lines have whole groups of four digits.
    private struct LineGroups {
        var digits = 0
        private var hasWhole = false
        private var hasBroken = false
        /// Whether the last line ended within a group: it may be the last of all.
        private var isOpen = false

        var areBroken: Bool { hasWhole && (hasBroken || isOpen && digits > 0) }

        mutating func endLine() {
            guard digits > 0 else { return }
            if isOpen { hasBroken = true }
            isOpen = digits % 4 != 0
            if !isOpen { hasWhole = true }
            digits = 0
        }
    }

    /// The readings of a stretch that give different bytes.
    static func readings(_ irregularity: Irregularity) -> [Reading] {
        var readings: [Reading] = [[]]
        if irregularity.contains(.paddingBeforeEnd) { readings.append(.skipsPadding) }
        if irregularity.contains(.urlDigits) { readings.append(.takesURLDigits) }
        if irregularity.contains(.otherBytes) { readings.append(.skipsOtherLines) }
        if irregularity.contains(.brokenLines) { readings.append(.restartsLines) }
        return readings
    }

    /// Decodes a stretch to the end, however damaged.
    static func decode(
        _ slice: FileSlice, in range: Range<Int64>, _ reading: Reading = [], to writer: inout ScratchWriter
    ) throws(UnpackingError) {
        var decoder = Decoder(reading)
        if !reading.isDisjoint(with: [.skipsOtherLines, .restartsLines]) {
            var lines = TextLines(slice, in: range)
            while let line = try lines.next() {
                if line.isStart, reading.contains(.restartsLines) { decoder.dropGroup() }
                guard reading.contains(.restartsLines) || line.bytes.allSatisfy(isRegular) else { continue }
                try writer.append(decoder.decode(line.bytes))
            }
            return try writer.append(decoder.end())
        }
        var offset = range.lowerBound
        while offset < range.upperBound {
            let block = try slice.bytes(at: offset, count: Int(min(Int64(blockLength), range.upperBound - offset)))
            guard !block.isEmpty else { break }
            offset += Int64(block.count)
            try writer.append(decoder.decode(block))
        }
        try writer.append(decoder.end())
    }

    /// The state between two blocks.
    struct Decoder {
        private let reading: Reading
        private var bits: UInt32 = 0
        private var count = 0

        init(_ reading: Reading = []) { self.reading = reading }

        mutating func decode(_ block: some Collection<UInt8>) -> [UInt8] {
            var bytes: [UInt8] = []
            bytes.reserveCapacity(block.count / 4 * 3 + 3)
            let values = Base64.values
            for byte in block {
                var value = values[Int(byte)]
                if value == Base64.other {
                    if byte == 0x3D, !reading.contains(.skipsPadding) {
                        bytes += end()
                        continue
                    }
                    guard reading.contains(.takesURLDigits), byte == 0x2D || byte == 0x5F else { continue }
                    value = byte == 0x2D ? 62 : 63
                }
                bits = bits << 6 | UInt32(value)
                count += 1
                if count == 4 {
                    bytes.append(UInt8(truncatingIfNeeded: bits >> 16))
                    bytes.append(UInt8(truncatingIfNeeded: bits >> 8))
                    bytes.append(UInt8(truncatingIfNeeded: bits))
                    count = 0
                }
            }
            return bytes
        }

        /// Forgets the digits of a group that is not whole.
        mutating func dropGroup() { count = 0 }

        /// Ends a group that is not whole, and returns its bytes.
        mutating func end() -> [UInt8] {
            defer { count = 0 }
            switch count {
            case 2: return [UInt8(truncatingIfNeeded: bits >> 4)]
            case 3: return [UInt8(truncatingIfNeeded: bits >> 10), UInt8(truncatingIfNeeded: bits >> 2)]
            default: return []
            }
        }
    }
}
