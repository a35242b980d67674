internal import Glibc
internal import Support

/// A contiguous part of a file. Offsets count from its start.
package struct FileSlice {
    package let descriptor: CInt
    package let start: Int64
    package let size: Int64

    /// - Parameters:
    ///   - descriptor: read by `pread`, which leaves its offset alone. It must stay open as long as the slice is read.
    ///   - start: the offset in the file at which the slice begins.
    package init(descriptor: CInt, start: Int64, size: Int64) {
        self.descriptor = descriptor
        self.start = start
        self.size = size
    }

    /// Returns `count` bytes from `offset` on, or fewer at the slice's end.
    package func bytes(at offset: Int64, count: Int) throws(UnpackingError) -> [UInt8] {
        guard offset >= 0, offset < size else { return [] }
        let wanted = Int(min(Int64(count), size - offset))
        var bytes = [UInt8](repeating: 0, count: wanted)
        let filled = unsafe bytes.withUnsafeMutableBytes { unsafe readAt(descriptor, offset: start + offset, into: $0) }
        guard filled == wanted else {
            let reason = unsafe filled < 0 ? String(cString: strerror(errno)) : "the file is shorter than it was"
            throw UnpackingError(.read, reason)
        }
        return bytes
    }

    /// Hands out the bytes of a range one block behind the other, up to the slice's end.
    func forEachBlock(
        in range: Range<Int64>, _ body: ([UInt8]) throws(UnpackingError) -> Void
    ) throws(UnpackingError) {
        var offset = range.lowerBound
        while offset < range.upperBound {
            let block = try bytes(at: offset, count: Int(min(1 << 16, range.upperBound - offset)))
            guard !block.isEmpty else { return }
            offset += Int64(block.count)
            try body(block)
        }
    }

    /// Returns the offset of the first occurrence of `pattern` within `range`, or nil.
    package func firstOffset(of pattern: [UInt8], in range: Range<Int64>) throws(UnpackingError) -> Int64? {
        var offset = range.lowerBound
        let end = min(range.upperBound, size)
        while offset + Int64(pattern.count) <= end {
            let bytes = try bytes(at: offset, count: Int(min(Int64(Self.blockLength), end - offset)))
            if let index = bytes.index(of: pattern) { return offset + Int64(index) }
            // The pattern may begin in this block and end in the next one.
            offset += Int64(max(1, bytes.count - pattern.count + 1))
        }
        return nil
    }

    /// Returns the offset of the first byte within `range` that is not zero, or nil.
    func firstNonzeroOffset(in range: Range<Int64>) throws(UnpackingError) -> Int64? {
        var offset = range.lowerBound
        let end = min(range.upperBound, size)
        while offset < end {
            let bytes = try bytes(at: offset, count: Int(min(Int64(Self.blockLength), end - offset)))
            // If the first byte is zero and each byte equals the one before, all are zero.
            let isZero = unsafe bytes.withUnsafeBytes {
                unsafe $0[0] == 0 && memcmp($0.baseAddress!, $0.baseAddress! + 1, $0.count - 1) == 0
            }
            if !isZero, let index = bytes.firstIndex(where: { $0 != 0 }) { return offset + Int64(index) }
            offset += Int64(bytes.count)
        }
        return nil
    }

    private static let blockLength = 256 * 1024
}
