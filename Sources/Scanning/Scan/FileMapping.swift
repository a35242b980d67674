import Support

/// A range of a file that the engine reads through callbacks. It tracks which pages were read.
final class FileMapping {
    let descriptor: CInt
    let range: Range<Int64>
    /// One bit per page that was read.
    private var pages: [UInt64]
    private static let pageLength: Int64 = 4096

    init(_ descriptor: CInt, _ range: Range<Int64>) {
        self.descriptor = descriptor
        self.range = range
        let count = (Int64(range.count) + Self.pageLength - 1) / Self.pageLength
        pages = [UInt64](repeating: 0, count: Int((count + 63) / 64))
    }

    /// Fills the buffer from `offset`, counted from the range's start. Returns the number of bytes read, or -1.
    func read(at offset: Int64, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        guard offset >= 0, offset <= Int64(range.count) else { return -1 }
        let wanted = min(buffer.count, range.count - Int(offset))
        let count = unsafe readAt(
            descriptor, offset: range.lowerBound + offset, into: .init(rebasing: buffer[..<wanted]))
        if count > 0 { markRead(offset..<offset + Int64(count)) }
        return count
    }

    /// Returns how many bytes were read from `start` on, counted from the range's start.
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

    /// A page counts if it was read to its end or to the range's end.
    private func markRead(_ part: Range<Int64>) {
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
