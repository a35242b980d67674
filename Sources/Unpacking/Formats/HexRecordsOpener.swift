/// The bytes that Intel HEX (Intel, "Hexadecimal Object File Format", 1988) or S-records (Motorola) encode. Each run of
/// records whose addresses follow one another is a part.
package struct HexRecordsOpener: LayerOpener {
    private static let maximumParts = 10_000

    private struct Record {
        /// Nil for a record that moves the base of the addresses.
        let data: [UInt8]?
        let address: UInt64
        var base: UInt64?
    }

    private let layer: FileSlice
    private var runs: [Range<Int64>] = []
    private var isCut = false
    private var index = -1

    /// Whether a layer begins with a valid record.
    static func isRecord(_ head: FileStart) -> Bool {
        guard head[0] == 0x3A || head[0] == 0x53 else { return false }
        let line = head.bytes.prefix(600).prefix { $0 > 0x20 }
        return record(Array(line)) != nil
    }

    package init(_ layer: FileSlice) throws(UnpackingError) {
        self.layer = layer
        var lines = TextLines(layer, in: 0..<layer.size)
        var (base, next): (UInt64, UInt64?) = (0, nil)
        while let line = try lines.next(), !isCut {
            guard let record = Self.record(line.bytes) else { continue }
            if let newBase = record.base { base = newBase }
            guard let data = record.data, !data.isEmpty else { continue }
            let address = base + record.address
            if address == next, let run = runs.last {
                runs[runs.count - 1] = run.lowerBound..<line.next
            } else {
                guard runs.count < Self.maximumParts else {
                    isCut = true
                    break
                }
                runs.append(line.start..<line.next)
            }
            next = address + UInt64(data.count)
        }
    }

    /// A line of digits with the length and the sum that it declares, or nil.
    private static func record(_ line: [UInt8]) -> Record? {
        let isIntel = line.first == 0x3A
        guard isIntel || line.first == 0x53, line.count >= 8 else { return nil }
        var digits = line[(isIntel ? 1 : 2)...]
        while let last = digits.last, last <= 0x20 { digits = digits.dropLast() }
        guard digits.count % 2 == 0, digits.allSatisfy({ $0.hexadecimalValue != nil }) else { return nil }
        let values = Array(digits.map { $0.hexadecimalValue ?? 0 })
        let bytes = stride(from: 0, to: values.count, by: 2).map { values[$0] << 4 | values[$0 + 1] }
        let sum = bytes.reduce(UInt8(0)) { $0 &+ $1 }
        return isIntel ? intel(bytes, sum) : motorola(line[1], bytes, sum)
    }

    private static func intel(_ bytes: [UInt8], _ sum: UInt8) -> Record? {
        guard bytes.count >= 5, Int(bytes[0]) + 5 == bytes.count, sum == 0 else { return nil }
        let data = Array(bytes[4..<bytes.count - 1])
        let address = bytes[1...2].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let value = data.prefix(2).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        switch bytes[3] {
        case 0: return Record(data: data, address: address)
        case 2: return Record(data: nil, address: 0, base: value << 4)
        case 4: return Record(data: nil, address: 0, base: value << 16)
        case 1, 3, 5: return Record(data: nil, address: 0)
        default: return nil
        }
    }

    private static func motorola(_ type: UInt8, _ bytes: [UInt8], _ sum: UInt8) -> Record? {
        guard let count = bytes.first, Int(count) + 1 == bytes.count, sum == 0xFF else { return nil }
        // `S1` to `S3` have data, behind an address of two to four bytes.
        let length = Int(type) - 0x2F
        guard (0x31...0x33).contains(type) else {
            return (0x30...0x39).contains(type) ? Record(data: nil, address: 0) : nil
        }
        guard bytes.count >= length + 2 else { return nil }
        let address = bytes[1...length].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return Record(data: Array(bytes[(length + 1)..<bytes.count - 1]), address: address)
    }

    package mutating func next() throws(UnpackingError) -> LayerPart? {
        index += 1
        guard index < runs.count else {
            if isCut { throw UnpackingError(.tooLarge, "more than \(Self.maximumParts) runs of records") }
            return nil
        }
        return LayerPart("records from \(runs[index].lowerBound) on")
    }

    package mutating func unpack(into file: CInt, limit: Int64) throws(UnpackingError) -> Int64 {
        guard runs.indices.contains(index) else { return 0 }
        var writer = ScratchWriter(file, limit: limit)
        var lines = TextLines(layer, in: runs[index])
        while let line = try lines.next() {
            if let data = Self.record(line.bytes)?.data { try writer.append(data) }
        }
        return try writer.finish()
    }

    package var unaccounted: [Range<Int64>] { [] }
}
