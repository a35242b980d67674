/// Overlapping windows that cover a file, each short enough for the engine.
struct ScanWindows: Equatable {
    /// A match that is no longer than the overlap is entirely within one window.
    let ranges: [Range<Int64>]

    /// With this length, the overlap costs 6 % of the time.
    static let defaultLength: Int64 = 1 << 30
    /// Signatures span some kilobytes; with wildcard gaps, rarely megabytes.
    static let defaultOverlap: Int64 = 64 << 20

    /// - Parameters:
    ///   - size: of the file, in bytes.
    ///   - length: of each window except the last one, which may be shorter; greater than `overlap`.
    ///   - overlap: bytes that two windows share.
    init(size: Int64, length: Int64 = defaultLength, overlap: Int64 = defaultOverlap) {
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
