/// Changes to a ZIP's central directory, as libarchive is shown it, that make a file of every entry with data.
///
/// libarchive returns no data of an entry whose mode is that of a folder, a link, a device or a socket. Other readers
/// write a file whatever the mode. Source: APPNOTE.TXT 6.3.10, "version made by" and "external file attributes".
struct ZipModePatches {
    /// The offsets of the directory entries to change, in ascending order.
    private var entries: [Int64] = []

    private static let fixedLength = 46
    private static let windowLength = 256 * 1024
    /// The offset of "external file attributes" in an entry.
    private static let attributesOffset = 38
    /// The high byte of "version made by" for Unix; a regular file that its owner may write.
    private static let unix: UInt8 = 3
    private static let regularFile: [UInt8] = [0, 0, 0xA4, 0x81]
    /// The most entries that are changed. What is beyond is listed as libarchive lists it, and fails as a whole.
    private static let maximumEntries = 100_000

    init() {}

    /// - Throws: `.read`; `.method` with too many entries to change.
    init(_ file: FileSlice) throws(UnpackingError) {
        guard let end = try ZipEndRecord.find(in: file, report: { _, _ in }) else { return }
        var offset = end.directory.lowerBound
        var window: [UInt8] = []
        var windowStart = offset
        while offset < end.directory.upperBound {
            if offset + Int64(Self.fixedLength) > windowStart + Int64(window.count) {
                window = try file.bytes(at: offset, count: Self.windowLength)
                windowStart = offset
            }
            let start = Int(offset - windowStart)
            let entry = window[min(start, window.count)..<min(start + Self.fixedLength, window.count)]
            guard entry.count == Self.fixedLength, entry.starts(with: ZipCentralDirectory.entrySignature) else {
                return
            }
            if Self.hidesData(entry) {
                guard entries.count < Self.maximumEntries else {
                    throw UnpackingError(.method, "more than \(Self.maximumEntries) entries that are no files")
                }
                entries.append(offset)
            }
            let lengths = entry.number(2, at: 28) + entry.number(2, at: 30) + entry.number(2, at: 32)
            offset += Int64(Self.fixedLength) + Int64(lengths)
        }
    }

    private static func hidesData(_ entry: ArraySlice<UInt8>) -> Bool {
        guard entry.number(4, at: 20) > 0 || entry.number(4, at: 24) > 0 else { return false }
        let attributes = entry.number(4, at: attributesOffset)
        let mode = attributes >> 16 & 0o170000
        return mode != 0o100000 && (mode != 0 || attributes & 0x10 != 0)
    }

    /// Changes a block of the file.
    ///
    /// - Parameter offset: of the block in the file.
    func apply(to block: UnsafeMutableRawBufferPointer, at offset: Int64) {
        guard let first = entries.first, let last = entries.last,
            first < offset + Int64(block.count), last + Int64(Self.fixedLength) > offset
        else { return }
        var index = firstEntry(endingAfter: offset)
        while index < entries.count, entries[index] < offset + Int64(block.count) {
            let entry = Int(entries[index] - offset)
            unsafe Self.set(Self.unix, in: block, at: entry + 5)
            for (position, byte) in Self.regularFile.enumerated() {
                unsafe Self.set(byte, in: block, at: entry + Self.attributesOffset + position)
            }
            index += 1
        }
    }

    private func firstEntry(endingAfter offset: Int64) -> Int {
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if entries[middle] + Int64(Self.fixedLength) > offset { high = middle } else { low = middle + 1 }
        }
        return low
    }

    private static func set(_ byte: UInt8, in block: UnsafeMutableRawBufferPointer, at index: Int) {
        if index >= 0, index < block.count { unsafe block[index] = byte }
    }
}
