/// Reads the directory of a ZIP archive entry by entry, a window of it at a time.
struct ZipDirectory {
    static let mark: [UInt8] = [0x50, 0x4B, 1, 2]
    private static let windowLength = 256 * 1024
    private static let fixedLength = 46

    private let end: ZipEnd
    private let file: FileStretch
    private var place: Int64
    private var window: [UInt8] = []
    private var windowStart: Int64 = 0
    private var isBroken = false

    init(end: ZipEnd, file: FileStretch) {
        self.end = end
        self.file = file
        place = end.directory.lowerBound
    }

    /// The next entry; nil at the directory's end, and where what stands there is no entry.
    mutating func next() throws(UnpackingError) -> ZipEntry? {
        guard place < end.directory.upperBound else { return nil }
        let fixed = try bytes(Self.fixedLength)
        guard fixed.count == Self.fixedLength, fixed.starts(with: Self.mark) else {
            isBroken = !fixed.starts(with: [0x50, 0x4B, 5, 5])
            return nil
        }
        let nameLength = Int(fixed.number(2, at: 28))
        let extraLength = Int(fixed.number(2, at: 30))
        let length = Self.fixedLength + nameLength + extraLength + Int(fixed.number(2, at: 32))
        guard place + Int64(length) <= end.directory.upperBound else {
            isBroken = true
            return nil
        }
        let record = try bytes(length)
        place += Int64(length)
        return ZipEntry(record: record, nameLength: nameLength, extraLength: extraLength)
    }

    func checkEnd(entries: Int, note: ZipNote) {
        if isBroken { note(.directoryDisagrees, "no entry at \(place), where the directory goes on") }
        if UInt64(entries) != end.entries {
            note(.directoryDisagrees, "\(entries) entries, and \(end.entries) by the end record")
        }
    }

    private mutating func bytes(_ count: Int) throws(UnpackingError) -> ArraySlice<UInt8> {
        let rest = Int(end.directory.upperBound - place)
        let wanted = min(count, rest)
        if place < windowStart || place + Int64(wanted) > windowStart + Int64(window.count) {
            window = try file.bytes(at: place, count: min(rest, max(Self.windowLength, wanted)))
            windowStart = place
        }
        let start = Int(place - windowStart)
        return window[start..<min(start + wanted, window.count)]
    }
}
