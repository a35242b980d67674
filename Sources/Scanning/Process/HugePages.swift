import Glibc

/// Gathers the engine into huge pages, after it is loaded and before children share it. The matcher jumps about in half
/// a gigabyte, so that most of its steps miss the processor's address cache of 4 KiB pages, and each fork copies their
/// page tables.
///
/// Linux 6.1 and later do it at once (`MADV_COLLAPSE`, madvise(2)), whatever
/// `/sys/kernel/mm/transparent_hugepage/enabled` says; earlier ones refuse, and nothing changes.
enum HugePages {
    /// The size of a huge page in bytes, as on x86-64 and on ARM64 with pages of 4 KiB.
    private static let size: UInt = 2 << 20
    private static let collapse: CInt = 25

    /// Gathers all memory of this process that belongs to no file. What can't be gathered stays as it is.
    static func gather() {
        for range in anonymousRanges() {
            var start = (range.lowerBound + size - 1) / size * size
            while start + size <= range.upperBound {
                let page = unsafe UnsafeMutableRawPointer(bitPattern: start)
                _ = unsafe madvise(page, Int(size), collapse)
                start += size
            }
        }
    }

    /// Private, writable memory of no file and no stack.
    private static func anonymousRanges() -> [Range<UInt>] {
        guard let maps = unsafe fopen("/proc/self/maps", "re") else { return [] }
        defer { unsafe fclose(maps) }
        var ranges: [Range<UInt>] = []
        var line = [CChar](repeating: 0, count: 4096)
        while unsafe fgets(&line, CInt(line.count), maps) != nil {
            // 7f1032db0000-7f1054200000 rw-p 00000000 00:00 0    [heap]
            let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            let fields = text.split(whereSeparator: \.isWhitespace)
            guard fields.count >= 5, fields[1] == "rw-p", fields[4] == "0", fields.last != "[stack]" else { continue }
            let ends = fields[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
            if ends.count == 2, ends[0] < ends[1] { ranges.append(ends[0]..<ends[1]) }
        }
        return ranges
    }
}
