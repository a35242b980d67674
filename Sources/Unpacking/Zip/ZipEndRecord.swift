/// The end of central directory records of a ZIP archive. All offsets count from the start of the file.
struct ZipEndRecord {
    /// The central directory.
    var directory: Range<Int64>
    var entries: UInt64
    /// Bytes before the archive that its offsets do not count.
    var prefix: Int64
    /// The end records, including the comment.
    var records: Range<Int64>
    /// Where the end record ends and its comment begins.
    var commentStart: Int64 = 0

    static let signature: [UInt8] = [0x50, 0x4B, 5, 6]
    private static let length = 22
    private static let maximumCommentLength = 0xFFFF

    /// Whether the file is only the end record of an archive without entries, and its comment.
    static func isWhole(_ file: FileSlice) throws(UnpackingError) -> Bool {
        let record = try file.bytes(at: 0, count: length)
        return record.count == length && record.starts(with: signature) && record.number(2, at: 10) == 0
            && record.number(4, at: 12) == 0 && Int64(length) + Int64(record.number(2, at: 20)) == file.size
    }

    /// Finds the end record that careful readers use. Returns nil if there is none.
    static func find(in file: FileSlice, report: ZipProblem.Reporter) throws(UnpackingError) -> ZipEndRecord? {
        let tailLength = Int(min(file.size, Int64(length + maximumCommentLength)))
        let tailStart = file.size - Int64(tailLength)
        let tail = try file.bytes(at: tailStart, count: tailLength)
        var candidates: [Int] = []
        var from = 0
        while let index = tail.index(of: signature, from: from) {
            if index + length <= tail.count { candidates.append(index) }
            from = index + 1
        }
        func comment(_ index: Int) -> Int { Int(tail.number(2, at: index + 20)) }
        // Careful readers use the one whose comment ends with the file.
        guard let chosen = candidates.last(where: { $0 + length + comment($0) == tail.count }) ?? candidates.last else {
            return nil
        }
        let recordEnd = chosen + length + comment(chosen)
        if recordEnd > tail.count { report(.truncated, "the archive's comment extends beyond the file's end") }
        // Fewer bytes than an end record cannot lead any reader to other entries.
        if let rest = tail[min(recordEnd, tail.count)...].firstIndex(where: { $0 != 0 }), tail.count - rest >= length {
            report(.trailingData, "\(tail.count - rest) bytes after the end record")
        }
        let record = Array(tail[chosen..<chosen + length])
        let offset = tailStart + Int64(chosen)
        let fields = Fields(record: record)
        guard let end = try ZipEndRecord(fields, at: offset, in: file, report: report) else { return nil }

        // End records within entries belong to archives that are members of this one.
        let others = candidates.filter {
            $0 != chosen
                && (tailStart + Int64($0) >= end.directory.upperBound || $0 + length + comment($0) == tail.count)
        }
        if let other = others.first {
            report(.secondEndRecord, "end records at \(tailStart + Int64(other)) and \(offset)")
        }
        var full = end
        full.records = end.records.lowerBound..<min(file.size, tailStart + Int64(recordEnd))
        full.commentStart = offset + Int64(length)
        return full
    }

    /// The fields that both kinds of end record have.
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

        /// Whether the 64-bit record has the same numbers, unless this one leaves them to it.
        func agrees(with fields64: Fields) -> Bool {
            (entries == 0xFFFF || entries == fields64.entries)
                && (directorySize == 0xFFFF_FFFF || directorySize == fields64.directorySize)
                && (directoryOffset == 0xFFFF_FFFF || directoryOffset == fields64.directoryOffset)
        }
    }

    private init?(_ fields32: Fields, at offset: Int64, in file: FileSlice, report: ZipProblem.Reporter)
        throws(UnpackingError)
    {
        var fields = fields32
        var recordsStart = offset
        let locator = try file.bytes(at: offset - 20, count: 20)
        if locator.starts(with: [0x50, 0x4B, 6, 7]) {
            // The record directly precedes its locator. The offset in the locator does not count a prefix.
            let start64 = offset - 20 - 56
            let declared = Int64(truncatingIfNeeded: locator.number(8, at: 8))
            var record64 = try file.bytes(at: start64, count: 56)
            recordsStart = start64
            if !record64.starts(with: [0x50, 0x4B, 6, 6]), declared >= 0, declared < offset {
                record64 = try file.bytes(at: declared, count: 56)
                recordsStart = declared
            }
            if record64.count == 56, record64.starts(with: [0x50, 0x4B, 6, 6]) {
                fields = Fields(record64: record64)
                let isNeeded = fields32.needsZip64
                report(isNeeded ? .zip64 : .needlessZip64, "a directory of \(fields.entries) entries")
                if !fields32.agrees(with: fields) { report(.directoryDisagrees, "the two end records differ") }
                if locator.number(4, at: 16) > 1 { report(.multiDisk, "\(locator.number(4, at: 16)) disks") }
            } else {
                report(.directoryDisagrees, "no 64-bit end record where its locator points")
                recordsStart = offset
            }
        } else if fields32.needsZip64
            && (fields32.directorySize == 0xFFFF_FFFF || fields32.directoryOffset == 0xFFFF_FFFF)
        {
            report(.directoryDisagrees, "a 64-bit end record is required and missing")
        }
        if fields.disk != 0 || fields.directoryDisk != 0 || fields.entriesHere != fields.entries {
            report(.multiDisk, "disk \(fields.disk), directory on disk \(fields.directoryDisk)")
        }
        guard let size = Int64(exactly: fields.directorySize), let declared = Int64(exactly: fields.directoryOffset),
            size <= recordsStart
        else {
            report(.truncated, "a directory of \(fields.directorySize) bytes before \(recordsStart)")
            return nil
        }
        let start = recordsStart - size
        let (difference, overflows) = start.subtractingReportingOverflow(declared)
        guard !overflows, difference >= 0 else {
            report(.truncated, "the directory offset is \(declared), after \(start)")
            return nil
        }
        directory = start..<recordsStart
        entries = fields.entries
        prefix = difference
        records = recordsStart..<offset
        if difference > 0, size > 0 {
            let signature = ZipCentralDirectory.entrySignature
            if try file.bytes(at: declared, count: 4) == signature {
                report(.directoryDisagrees, "directories at \(declared) and \(start)")
            }
        }
    }
}
