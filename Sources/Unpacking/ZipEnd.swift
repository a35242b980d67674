/// Where the end records of a ZIP archive say that its directory is. All places are bytes from the start of the file.
struct ZipEnd {
    /// Where the directory begins and ends.
    var directory: Range<Int64>
    var entries: UInt64
    /// Bytes before the archive that its own offsets do not count.
    var prefix: Int64
    /// Where the end records begin and end, the comment included.
    var records: Range<Int64>

    static let mark: [UInt8] = [0x50, 0x4B, 5, 6]
    private static let length = 22
    private static let longestComment = 0xFFFF

    /// Whether an end record of no entries, with its comment, is all there is.
    static func isAll(of file: FileStretch) throws(UnpackingError) -> Bool {
        let record = try file.bytes(at: 0, count: length)
        return record.count == length && record.starts(with: mark) && record.number(2, at: 10) == 0
            && record.number(4, at: 12) == 0 && Int64(length) + Int64(record.number(2, at: 20)) == file.size
    }

    /// - Returns: nil where there is no end record.
    static func find(in file: FileStretch, note: ZipNote) throws(UnpackingError) -> ZipEnd? {
        let tailLength = Int(min(file.size, Int64(length + longestComment)))
        let tailStart = file.size - Int64(tailLength)
        let tail = try file.bytes(at: tailStart, count: tailLength)
        var candidates: [Int] = []
        var from = 0
        while let index = tail.index(of: mark, from: from) {
            if index + length <= tail.count { candidates.append(index) }
            from = index + 1
        }
        func comment(_ index: Int) -> Int { Int(tail.number(2, at: index + 20)) }
        // The one whose comment ends with the file is the one that careful readers take.
        guard let chosen = candidates.last(where: { $0 + length + comment($0) == tail.count }) ?? candidates.last else {
            return nil
        }
        let recordEnd = chosen + length + comment(chosen)
        if recordEnd > tail.count { note(.truncated, "the archive's comment reaches behind the file's end") }
        if let rest = tail[min(recordEnd, tail.count)...].firstIndex(where: { $0 != 0 }) {
            note(.trailingData, "\(tail.count - rest) bytes behind the end record")
        }
        let record = Array(tail[chosen..<chosen + length])
        let place = tailStart + Int64(chosen)
        let fields = Fields(record: record)
        guard let end = try ZipEnd(fields, at: place, in: file, note: note) else { return nil }

        // Others inside of entries, in archives that are members of this one, are nobody's end record.
        let others = candidates.filter {
            $0 != chosen
                && (tailStart + Int64($0) >= end.directory.upperBound || $0 + length + comment($0) == tail.count)
        }
        if let other = others.first {
            note(.secondEndRecord, "end records at \(tailStart + Int64(other)) and \(place)")
        }
        var full = end
        full.records = end.records.lowerBound..<min(file.size, tailStart + Int64(recordEnd))
        return full
    }

    /// What the two kinds of end record have in common.
    private struct Fields: Equatable {
        var disk: UInt64
        var directoryDisk: UInt64
        var entriesHere: UInt64
        var entries: UInt64
        var directorySize: UInt64
        var directoryOffset: UInt64

        init(record: [UInt8]) {
            disk = record.number(2, at: 4)
            directoryDisk = record.number(2, at: 6)
            entriesHere = record.number(2, at: 8)
            entries = record.number(2, at: 10)
            directorySize = record.number(4, at: 12)
            directoryOffset = record.number(4, at: 16)
        }

        init(record64 record: [UInt8]) {
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

        /// Whether the 64-bit record says the same wherever this one says anything.
        func agrees(with wide: Fields) -> Bool {
            (entries == 0xFFFF || entries == wide.entries)
                && (directorySize == 0xFFFF_FFFF || directorySize == wide.directorySize)
                && (directoryOffset == 0xFFFF_FFFF || directoryOffset == wide.directoryOffset)
        }
    }

    private init?(_ narrow: Fields, at place: Int64, in file: FileStretch, note: ZipNote) throws(UnpackingError) {
        var fields = narrow
        var recordsStart = place
        let locator = try file.bytes(at: place - 20, count: 20)
        if locator.starts(with: [0x50, 0x4B, 6, 7]) {
            // The record stands right before its locator; the offset in there does not count a prefix.
            let wideStart = place - 20 - 56
            let told = Int64(truncatingIfNeeded: locator.number(8, at: 8))
            var wide = try file.bytes(at: wideStart, count: 56)
            recordsStart = wideStart
            if !wide.starts(with: [0x50, 0x4B, 6, 6]), told >= 0, told < place {
                wide = try file.bytes(at: told, count: 56)
                recordsStart = told
            }
            if wide.count == 56, wide.starts(with: [0x50, 0x4B, 6, 6]) {
                fields = Fields(record64: wide)
                let isNeeded = narrow.needsZip64
                note(isNeeded ? .zip64 : .needlessZip64, "a directory of \(fields.entries) entries")
                if !narrow.agrees(with: fields) { note(.directoryDisagrees, "the two end records differ") }
                if locator.number(4, at: 16) > 1 { note(.multiDisk, "\(locator.number(4, at: 16)) disks") }
            } else {
                note(.directoryDisagrees, "no 64-bit end record where its locator points")
                recordsStart = place
            }
        } else if narrow.needsZip64 && (narrow.directorySize == 0xFFFF_FFFF || narrow.directoryOffset == 0xFFFF_FFFF) {
            note(.directoryDisagrees, "a 64-bit end record is announced and missing")
        }
        if fields.disk != 0 || fields.directoryDisk != 0 || fields.entriesHere != fields.entries {
            note(.multiDisk, "disk \(fields.disk), directory on disk \(fields.directoryDisk)")
        }
        guard let size = Int64(exactly: fields.directorySize), let told = Int64(exactly: fields.directoryOffset),
            size <= recordsStart
        else {
            note(.truncated, "a directory of \(fields.directorySize) bytes before \(recordsStart)")
            return nil
        }
        let start = recordsStart - size
        let (difference, overflows) = start.subtractingReportingOverflow(told)
        guard !overflows, difference >= 0 else {
            note(.truncated, "the directory is said to begin at \(told), behind \(start)")
            return nil
        }
        directory = start..<recordsStart
        entries = fields.entries
        prefix = difference
        records = recordsStart..<place
        if difference > 0, size > 0 {
            let mark = ZipDirectory.mark
            if try file.bytes(at: told, count: 4) == mark {
                note(.directoryDisagrees, "directories at \(told) and \(start)")
            }
        }
    }
}
