/// A record of Intel HEX or an S-record: digits with the length and the sum that they declare.
struct HexRecord {
    /// Nil for a record that has no data.
    let data: [UInt8]?
    let address: UInt64
    /// The base of the addresses from here on, in a record that moves it.
    var base: UInt64?

    /// The most characters of a record: a mark, and the digits of a length of one byte with what it counts.
    static let longest = 2 + 2 * 261

    /// Returns the record at the start of `text` and the number of its characters, or nil.
    static func read(_ text: ArraySlice<UInt8>) -> (record: HexRecord, length: Int)? {
        let isIntel = text.first == 0x3A
        guard isIntel || text.first == 0x53 else { return nil }
        let digits = text.dropFirst(isIntel ? 1 : 2)
        guard let count = byte(digits, 0).map({ Int($0) + (isIntel ? 5 : 1) }) else { return nil }
        var bytes: [UInt8] = []
        for index in 0..<count {
            guard let byte = byte(digits, index) else { return nil }
            bytes.append(byte)
        }
        let sum = bytes.reduce(UInt8(0)) { $0 &+ $1 }
        let record = isIntel ? intel(bytes, sum) : motorola(text[text.startIndex + 1], bytes, sum)
        return record.map { ($0, digits.startIndex - text.startIndex + 2 * count) }
    }

    private static func byte(_ digits: ArraySlice<UInt8>, _ index: Int) -> UInt8? {
        let place = digits.startIndex + 2 * index
        guard place + 1 < digits.endIndex, let high = digits[place].hexadecimalValue,
            let low = digits[place + 1].hexadecimalValue
        else { return nil }
        return high << 4 | low
    }

    private static func intel(_ bytes: [UInt8], _ sum: UInt8) -> HexRecord? {
        guard bytes.count >= 5, sum == 0 else { return nil }
        let data = Array(bytes[4..<bytes.count - 1])
        let value = data.prefix(2).bigNumber(min(2, data.count), at: 0)
        switch bytes[3] {
        case 0: return HexRecord(data: data, address: bytes.bigNumber(2, at: 1))
        case 2: return HexRecord(data: nil, address: 0, base: value << 4)
        case 4: return HexRecord(data: nil, address: 0, base: value << 16)
        case 1, 3, 5: return HexRecord(data: nil, address: 0)
        default: return nil
        }
    }

    private static func motorola(_ type: UInt8, _ bytes: [UInt8], _ sum: UInt8) -> HexRecord? {
        guard sum == 0xFF else { return nil }
        // `S1` to `S3` have data, behind an address of two to four bytes.
        let length = Int(type) - 0x2F
        guard (0x31...0x33).contains(type) else {
            return (0x30...0x39).contains(type) ? HexRecord(data: nil, address: 0) : nil
        }
        guard bytes.count >= length + 2 else { return nil }
        let data = Array(bytes[(length + 1)..<bytes.count - 1])
        return HexRecord(data: data, address: bytes.bigNumber(length, at: 1))
    }
}

/// The records of a stretch of a layer, whatever stands between them: lines need no ends.
struct HexRecords {
    private static let blockLength = 64 << 10

    private let layer: FileSlice
    private let end: Int64
    private var block: [UInt8] = []
    private var blockStart: Int64
    private var index = 0

    init(_ layer: FileSlice, in range: Range<Int64>) {
        self.layer = layer
        blockStart = range.lowerBound
        end = min(range.upperBound, layer.size)
    }

    /// Returns the next record and its range in the layer, or nil at the end.
    mutating func next() throws(UnpackingError) -> (record: HexRecord, range: Range<Int64>)? {
        while true {
            if block.count - index < HexRecord.longest, blockStart + Int64(block.count) < end {
                blockStart += Int64(index)
                index = 0
                block = try layer.bytes(at: blockStart, count: Int(min(Int64(Self.blockLength), end - blockStart)))
            }
            guard index < block.count else { return nil }
            let start = index
            index += 1
            guard block[start] == 0x3A || block[start] == 0x53, let found = HexRecord.read(block[start...]) else {
                continue
            }
            index = start + found.length
            return (found.record, blockStart + Int64(start)..<blockStart + Int64(index))
        }
    }
}
