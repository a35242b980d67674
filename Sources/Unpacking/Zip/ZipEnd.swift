/// An end of central directory record, and the 64-bit record that a locator before it leads to. Source: APPNOTE.TXT
/// 6.3.10, 4.3.14 to 4.3.16.
package struct ZipEnd {
    /// Returns the bytes from an offset on, or fewer at the end.
    package typealias Reading = (_ offset: Int64, _ count: Int) throws(UnpackingError) -> [UInt8]

    package static let signature: [UInt8] = [0x50, 0x4B, 5, 6]
    static let length = 22
    /// How far before a file's end the record of its archive may begin.
    package static let reach = length + 0xFFFF
    private static let locatorLength: Int64 = 20
    private static let length64: Int64 = 56

    /// The fields that both kinds of record have.
    struct Fields {
        let disk: UInt64
        let directoryDisk: UInt64
        let entriesHere: UInt64
        let entries: UInt64
        let directorySize: UInt64
        let directoryOffset: UInt64

        fileprivate init(_ record: [UInt8]) {
            disk = record.number(2, at: 4)
            directoryDisk = record.number(2, at: 6)
            entriesHere = record.number(2, at: 8)
            entries = record.number(2, at: 10)
            directorySize = record.number(4, at: 12)
            directoryOffset = record.number(4, at: 16)
        }

        fileprivate init(record64 record: [UInt8]) {
            disk = record.number(4, at: 16)
            directoryDisk = record.number(4, at: 20)
            entriesHere = record.number(8, at: 24)
            entries = record.number(8, at: 32)
            directorySize = record.number(8, at: 40)
            directoryOffset = record.number(8, at: 48)
        }

        var needsZip64: Bool {
            entriesHere == 0xFFFF || entries == 0xFFFF || directorySize == 0xFFFF_FFFF || directoryOffset == 0xFFFF_FFFF
        }

        /// Whether the 64-bit record has the same numbers, unless this one leaves them to it.
        func agrees(with fields64: Fields) -> Bool {
            (entries == 0xFFFF || entries == fields64.entries)
                && (directorySize == 0xFFFF_FFFF || directorySize == fields64.directorySize)
                && (directoryOffset == 0xFFFF_FFFF || directoryOffset == fields64.directoryOffset)
        }
    }

    package let offset: Int64
    /// Of the record itself.
    let fields32: Fields
    /// Of the 64-bit record; nil without one.
    let fields64: Fields?
    /// The number of disks in the locator; nil without a locator.
    let disks: UInt64?
    package let commentLength: Int64
    /// Where the 64-bit record begins; the record's own offset without one.
    let start: Int64

    /// The fields that count.
    var fields: Fields { fields64 ?? fields32 }
    package var hasEntries: Bool { fields32.entries > 0 }
    package var hasLocator: Bool { disks != nil }
    /// Where its comment begins.
    var commentStart: Int64 { offset + Int64(Self.length) }
    /// Where its comment ends.
    package var end: Int64 { commentStart + commentLength }

    /// Returns nil if no whole record stands at the offset.
    package init?(at offset: Int64, reading read: Reading) throws(UnpackingError) {
        let record = try read(offset, Self.length)
        guard record.count == Self.length, record.starts(with: Self.signature) else { return nil }
        self.offset = offset
        fields32 = Fields(record)
        commentLength = Int64(record.number(2, at: 20))
        let place = offset - Self.locatorLength
        let locator = place < 0 ? [] : try read(place, Int(Self.locatorLength))
        guard locator.count == Int(Self.locatorLength), locator.starts(with: [0x50, 0x4B, 6, 7]) else {
            (fields64, disks, start) = (nil, nil, offset)
            return
        }
        disks = locator.number(4, at: 16)
        // The record directly precedes its locator. The offset in the locator does not count a prefix.
        let declared = Int64(truncatingIfNeeded: locator.number(8, at: 8))
        for start in [place - Self.length64, declared] where (0..<offset).contains(start) {
            let record64 = try read(start, Int(Self.length64))
            guard record64.count == Int(Self.length64), record64.starts(with: [0x50, 0x4B, 6, 6]) else { continue }
            (fields64, self.start) = (Fields(record64: record64), start)
            return
        }
        (fields64, start) = (nil, offset)
    }

    /// The places of the records in a stretch of bytes, in ascending order.
    package static func places(in bytes: [UInt8]) -> [Int] {
        var (places, from): ([Int], Int) = ([], 0)
        while let index = bytes.index(of: signature, from: from) {
            if index + length <= bytes.count { places.append(index) }
            from = index + 1
        }
        return places
    }

    /// Whether a directory of at least one entry ends where the records begin.
    package func followsDirectory(reading read: Reading) throws(UnpackingError) -> Bool {
        guard fields.entries > 0, let size = Int64(exactly: fields.directorySize), size <= start else { return false }
        return try read(start - size, 4) == ZipCentralDirectory.entrySignature
    }

    /// Whether an entry stands at the offset that the record gives.
    func pointsToDirectory(reading read: Reading) throws(UnpackingError) -> Bool {
        guard fields.entries > 0, let place = Int64(exactly: fields.directoryOffset) else { return false }
        return try read(place, 4) == ZipCentralDirectory.entrySignature
    }
}
