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
    /// Where readers that leave out a 64-bit record take the directory to be; nil without one, or if they cannot.
    private var narrowDirectory: Range<Int64>?

    /// Whether the file is only the end record of an archive without entries, and its comment.
    static func isWhole(_ file: FileSlice) throws(UnpackingError) -> Bool {
        guard let end = try ZipEnd(at: 0, reading: file.bytes) else { return false }
        return end.fields.entries == 0 && end.fields.directorySize == 0 && end.end == file.size
    }

    /// Finds the end record that careful readers use. Returns nil if there is none.
    static func find(in file: FileSlice, report: ZipProblem.Reporter) throws(UnpackingError) -> ZipEndRecord? {
        let tailLength = Int(min(file.size, Int64(ZipEnd.reach)))
        let tailStart = file.size - Int64(tailLength)
        let tail = try file.bytes(at: tailStart, count: tailLength)
        let candidates = ZipEnd.places(in: tail)
        func comment(_ index: Int) -> Int { Int(tail.number(2, at: index + 20)) }
        // Careful readers use the one whose comment ends with the file.
        guard
            let chosen = candidates.last(where: { $0 + ZipEnd.length + comment($0) == tail.count }) ?? candidates.last,
            let record = try ZipEnd(at: tailStart + Int64(chosen), reading: file.bytes)
        else { return nil }
        let recordEnd = chosen + ZipEnd.length + comment(chosen)
        if recordEnd > tail.count { report(.truncated, "the archive's comment extends beyond the file's end") }
        // Fewer bytes than an end record cannot lead any reader to other entries.
        if let rest = tail[min(recordEnd, tail.count)...].firstIndex(where: { $0 != 0 }),
            tail.count - rest >= ZipEnd.length
        {
            report(.trailingData, "\(tail.count - rest) bytes after the end record")
        }
        guard let end = try ZipEndRecord(record, in: file, report: report) else { return nil }

        // End records within entries belong to archives that are members of this one.
        let others = candidates.filter {
            $0 != chosen
                && (tailStart + Int64($0) >= end.directory.upperBound || $0 + ZipEnd.length + comment($0) == tail.count)
        }
        if let other = others.first {
            report(.secondEndRecord, "end records at \(tailStart + Int64(other)) and \(record.offset)")
        }
        var full = end
        full.records = end.records.lowerBound..<min(file.size, record.end)
        full.commentStart = record.commentStart
        return full
    }

    /// Takes the directory to stand right before the end records, wherever its declared offset leads: the prefix may be
    /// negative. Returns nil if the file has no room for it.
    init?(placedBy end: ZipEnd) {
        let fields = end.fields
        guard let size = Int64(exactly: fields.directorySize), size <= end.start,
            let declared = Int64(exactly: fields.directoryOffset)
        else { return nil }
        directory = end.start - size..<end.start
        entries = fields.entries
        let (difference, isOverflow) = directory.lowerBound.subtractingReportingOverflow(declared)
        guard !isOverflow else { return nil }
        prefix = difference
        records = end.start..<end.offset
        narrowDirectory = Self.narrowDirectory(of: end, size: size)
    }

    private static func narrowDirectory(of end: ZipEnd, size: Int64) -> Range<Int64>? {
        guard end.fields64 != nil, end.fields32.directorySize == end.fields.directorySize else { return nil }
        return end.offset - size..<end.offset
    }

    /// Whether readers that leave out a 64-bit record find as many entries as the others. If what they find first is a
    /// later entry of the same directory, there are fewer.
    func hasNarrowDirectory(of entries: Int, in file: FileSlice) throws(UnpackingError) -> Bool {
        guard let range = narrowDirectory,
            let first = try file.firstOffset(of: ZipCentralDirectory.entrySignature, in: range)
        else { return false }
        var narrow = self
        narrow.directory = first..<range.upperBound
        var directory = ZipCentralDirectory(end: narrow, file: file)
        var listed = 0
        while listed <= entries, try directory.next() != nil { listed += 1 }
        return listed == entries
    }

    private init?(_ end: ZipEnd, in file: FileSlice, report: ZipProblem.Reporter) throws(UnpackingError) {
        let fields = end.fields
        if let disks = end.disks {
            if let fields64 = end.fields64 {
                let isNeeded = end.fields32.needsZip64
                report(isNeeded ? .zip64 : .needlessZip64, "a directory of \(fields64.entries) entries")
                if !end.fields32.agrees(with: fields64) { report(.directoryDisagrees, "the two end records differ") }
                if disks > 1 { report(.multiDisk, "\(disks) disks") }
            } else {
                report(.directoryDisagrees, "no 64-bit end record where its locator points")
            }
        } else if fields.directorySize == 0xFFFF_FFFF || fields.directoryOffset == 0xFFFF_FFFF {
            report(.directoryDisagrees, "a 64-bit end record is required and missing")
        }
        if fields.disk != 0 || fields.directoryDisk != 0 || fields.entriesHere != fields.entries {
            report(.multiDisk, "disk \(fields.disk), directory on disk \(fields.directoryDisk)")
        }
        guard let size = Int64(exactly: fields.directorySize), let declared = Int64(exactly: fields.directoryOffset),
            size <= end.start
        else {
            report(.truncated, "a directory of \(fields.directorySize) bytes before \(end.start)")
            return nil
        }
        let start = end.start - size
        let (difference, overflows) = start.subtractingReportingOverflow(declared)
        guard !overflows, difference >= 0 else {
            report(.truncated, "the directory offset is \(declared), after \(start)")
            return nil
        }
        directory = start..<end.start
        entries = fields.entries
        prefix = difference
        records = end.start..<end.offset
        narrowDirectory = Self.narrowDirectory(of: end, size: size)
        if difference > 0, size > 0, try file.bytes(at: declared, count: 4) == ZipCentralDirectory.entrySignature {
            report(.directoryDisagrees, "directories at \(declared) and \(start)")
        }
    }
}
