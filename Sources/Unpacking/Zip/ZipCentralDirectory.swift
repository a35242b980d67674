/// Reads the central directory of a ZIP archive entry by entry, a window of it at a time.
struct ZipCentralDirectory {
    static let entrySignature: [UInt8] = [0x50, 0x4B, 1, 2]
    private static let windowLength = 256 * 1024
    private static let fixedLength = 46

    private let end: ZipEndRecord
    private let file: FileSlice
    private var offset: Int64
    private var window: [UInt8] = []
    private var windowStart: Int64 = 0
    private var isBroken = false

    init(end: ZipEndRecord, file: FileSlice) {
        self.end = end
        self.file = file
        offset = end.directory.lowerBound
    }

    /// Returns the next entry, or nil at the directory's end and at bytes that are no entry.
    mutating func next() throws(UnpackingError) -> ZipEntry? {
        guard offset < end.directory.upperBound else { return nil }
        let fixed = try bytes(Self.fixedLength)
        guard fixed.count == Self.fixedLength, fixed.starts(with: Self.entrySignature) else {
            isBroken = !fixed.starts(with: [0x50, 0x4B, 5, 5])
            return nil
        }
        let nameLength = Int(fixed.number(2, at: 28))
        let extraLength = Int(fixed.number(2, at: 30))
        let length = Self.fixedLength + nameLength + extraLength + Int(fixed.number(2, at: 32))
        guard offset + Int64(length) <= end.directory.upperBound else {
            isBroken = true
            return nil
        }
        let record = try bytes(length)
        offset += Int64(length)
        return ZipEntry(record: record, nameLength: nameLength, extraLength: extraLength)
    }

    func checkEnd(entries: Int, report: ZipProblem.Reporter) {
        if isBroken { report(.directoryDisagrees, "no entry at \(offset), within the directory") }
        if UInt64(entries) != end.entries {
            report(.directoryDisagrees, "\(entries) entries; the end record says \(end.entries)")
        }
    }

    private mutating func bytes(_ count: Int) throws(UnpackingError) -> ArraySlice<UInt8> {
        let rest = Int(end.directory.upperBound - offset)
        let wanted = min(count, rest)
        if offset < windowStart || offset + Int64(wanted) > windowStart + Int64(window.count) {
            window = try file.bytes(at: offset, count: min(rest, max(Self.windowLength, wanted)))
            windowStart = offset
        }
        let start = Int(offset - windowStart)
        return window[start..<min(start + wanted, window.count)]
    }
}
