/// Changes to a ZIP, as libarchive is shown it, so that it reads what other readers do.
///
/// libarchive returns no data of an entry whose mode is that of a folder, a link, a device or a socket; other readers
/// write a file whatever the mode. And it refuses an archive for an extra field that is cut short, which others skip.
/// Source: APPNOTE.TXT 6.3.10, "version made by", "external file attributes", "extra field".
struct ZipPatches {
    private struct Patch {
        let offset: Int64
        let count: Int
        /// What the bytes become; zeros if it is empty.
        var bytes: [UInt8] = []
    }

    /// In ascending order.
    private var patches: [Patch] = []

    private static let fixedLength = 46
    private static let localLength = 30
    private static let windowLength = 256 * 1024
    /// The offsets of "version made by" and of "external file attributes" in an entry.
    private static let versionOffset: Int64 = 5
    private static let attributesOffset: Int64 = 38
    /// The high byte of "version made by" for Unix; a regular file that its owner may write.
    private static let unix: [UInt8] = [3]
    private static let regularFile: [UInt8] = [0, 0, 0xA4, 0x81]
    /// The most changes. What is beyond is listed as libarchive lists it, and fails as a whole.
    private static let maximumPatches = 200_000

    init() {}

    /// - Throws: `.read`; `.method` with too many entries to change.
    init(_ file: FileSlice) throws(UnpackingError) {
        guard let end = try ZipEndRecord.find(in: file, report: { _, _ in }) else { return }
        var offset = end.directory.lowerBound
        var window: [UInt8] = []
        var windowStart = offset
        func entry(length: Int) throws(UnpackingError) -> ArraySlice<UInt8> {
            let last = min(file.size, offset + Int64(length))
            if offset < windowStart || last > windowStart + Int64(window.count) {
                window = try file.bytes(at: offset, count: Self.windowLength)
                windowStart = offset
            }
            return window[min(Int(offset - windowStart), window.count)...].prefix(length)
        }
        while offset < end.directory.upperBound {
            let fixed = try entry(length: Self.fixedLength)
            guard fixed.count == Self.fixedLength, fixed.starts(with: ZipCentralDirectory.entrySignature) else { break }
            let (name, extra) = (Int(fixed.number(2, at: 28)), Int(fixed.number(2, at: 30)))
            let entry = try entry(length: Self.fixedLength + name + extra)
            if Self.hidesData(entry) {
                patches.append(Patch(offset: offset + Self.versionOffset, count: 1, bytes: Self.unix))
                patches.append(Patch(offset: offset + Self.attributesOffset, count: 4, bytes: Self.regularFile))
            }
            add(extra: entry.dropFirst(Self.fixedLength + name), at: offset + Int64(Self.fixedLength + name))
            try addLocal(Int64(entry.number(4, at: 42)) + end.prefix, in: file)
            guard patches.count < Self.maximumPatches else {
                throw UnpackingError(.method, "more than \(Self.maximumPatches) unusual entries")
            }
            offset += Int64(Self.fixedLength + name + extra) + Int64(entry.number(2, at: 32))
        }
        patches.sort { $0.offset < $1.offset }
    }

    private static func hidesData(_ entry: ArraySlice<UInt8>) -> Bool {
        guard entry.number(4, at: 20) > 0 || entry.number(4, at: 24) > 0 else { return false }
        let attributes = entry.number(4, at: Int(attributesOffset))
        let mode = attributes >> 16 & 0o170000
        return mode != 0o100000 && (mode != 0 || attributes & 0x10 != 0)
    }

    /// The extra field of a local header. Offsets beyond 4 GiB are in an extra field themselves, and are left alone.
    private mutating func addLocal(_ offset: Int64, in file: FileSlice) throws(UnpackingError) {
        let header = try file.bytes(at: offset, count: Self.localLength)
        guard header.count == Self.localLength, header.starts(with: ZipExtents.localHeaderSignature) else { return }
        let (name, extra) = (Int64(header.number(2, at: 26)), Int(header.number(2, at: 28)))
        guard extra > 0 else { return }
        let start = offset + Int64(Self.localLength) + name
        add(extra: try file.bytes(at: start, count: extra)[...], at: start)
    }

    private mutating func add(extra: ArraySlice<UInt8>, at offset: Int64) {
        if !Self.isWhole(extra) { patches.append(Patch(offset: offset, count: extra.count)) }
    }

    /// Whether the records of an extra field fill it. Up to three zeros may be left over.
    private static func isWhole(_ extra: ArraySlice<UInt8>) -> Bool {
        var index = 0
        while index + 4 <= extra.count {
            index += 4 + Int(extra.number(2, at: index + 2))
            if index > extra.count { return false }
        }
        return extra.dropFirst(index).allSatisfy { $0 == 0 }
    }

    /// Changes a block of the file.
    ///
    /// - Parameter offset: of the block in the file.
    func apply(to block: UnsafeMutableRawBufferPointer, at offset: Int64) {
        guard !patches.isEmpty else { return }
        let end = offset + Int64(block.count)
        // An extra field has at most 64 KiB.
        var index = firstPatch(from: offset - 0x1_0000)
        while index < patches.count, patches[index].offset < end {
            let patch = patches[index]
            for position in 0..<patch.count {
                let target = Int(patch.offset - offset) + position
                guard target >= 0, target < block.count else { continue }
                unsafe block[target] = patch.bytes.isEmpty ? 0 : patch.bytes[position]
            }
            index += 1
        }
    }

    private func firstPatch(from offset: Int64) -> Int {
        var (low, high) = (0, patches.count)
        while low < high {
            let middle = (low + high) / 2
            if patches[middle].offset >= offset { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
