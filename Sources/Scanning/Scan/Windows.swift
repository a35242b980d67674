import Support

/// A file cut into windows that overlap, each short enough for the engine, together the whole file.
struct Windows: Equatable {
    /// A match that is no longer than the overlap lies wholly in one window, wherever it is.
    let ranges: [Range<Int64>]

    /// Windows of a length at which the overlap costs 6 % of the time.
    static let usualLength: Int64 = 1 << 30
    /// Signatures span some kilobytes; those that span gaps rarely megabytes.
    static let usualOverlap: Int64 = 64 << 20

    /// - Parameters:
    ///   - size: of the file, in bytes.
    ///   - length: of each window but the last, which may be shorter; greater than `overlap`.
    ///   - overlap: bytes that two windows share.
    init(size: Int64, length: Int64 = usualLength, overlap: Int64 = usualOverlap) {
        var ranges: [Range<Int64>] = []
        var start: Int64 = 0
        while start < size {
            let end = length < size - start ? start + length : size
            ranges.append(start..<end)
            if end == size { break }
            start = end - overlap
        }
        self.ranges = ranges
    }
}

/// A stretch of a file that the engine reads through us, with a note of what it read.
final class Mapping {
    let descriptor: CInt
    let range: Range<Int64>
    /// One bit a page that was read.
    private var pages: [UInt64]
    private static let pageLength: Int64 = 4096

    init(_ descriptor: CInt, _ range: Range<Int64>) {
        self.descriptor = descriptor
        self.range = range
        let count = (Int64(range.count) + Self.pageLength - 1) / Self.pageLength
        pages = [UInt64](repeating: 0, count: Int((count + 63) / 64))
    }

    /// Fills the room from `offset` on, counted from the stretch's start; the number of bytes that came, or -1.
    func read(at offset: Int64, into room: UnsafeMutableRawBufferPointer) -> Int {
        guard offset >= 0, offset <= Int64(range.count) else { return -1 }
        let wanted = min(room.count, range.count - Int(offset))
        let count = unsafe readAt(descriptor, offset: range.lowerBound + offset, into: .init(rebasing: room[..<wanted]))
        if count > 0 { note(offset..<offset + Int64(count)) }
        return count
    }

    /// Bytes from `start` on, counted from the stretch's start, that were read.
    func bytesRead(from start: Int64 = 0) -> Int64 {
        var total: Int64 = 0
        var page = start / Self.pageLength
        while page * Self.pageLength < range.count {
            if pages[Int(page / 64)] >> UInt64(page % 64) & 1 == 1 {
                let begin = max(start, page * Self.pageLength)
                total += min(Int64(range.count), (page + 1) * Self.pageLength) - begin
            }
            page += 1
        }
        return total
    }

    /// A page counts where it was read to its end, or to the stretch's.
    private func note(_ part: Range<Int64>) {
        let first = (part.lowerBound + Self.pageLength - 1) / Self.pageLength
        let isToEnd = part.upperBound == Int64(range.count)
        let end =
            isToEnd ? (part.upperBound + Self.pageLength - 1) / Self.pageLength : part.upperBound / Self.pageLength
        var page = first
        while page < end {
            pages[Int(page / 64)] |= 1 << UInt64(page % 64)
            page += 1
        }
    }
}
