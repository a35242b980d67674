internal import Glibc
internal import Support

/// A part of a file, read by place.
package struct FileStretch {
    let descriptor: CInt
    let start: Int64
    package let size: Int64

    /// - Parameters:
    ///   - descriptor: read by `pread`; its own offset stays as it is. It must stay open as long as the stretch is read.
    ///   - start: of the stretch, in the file.
    package init(descriptor: CInt, start: Int64, size: Int64) {
        self.descriptor = descriptor
        self.start = start
        self.size = size
    }

    /// Up to `count` bytes from `place` on, counted from the stretch's start; fewer where the stretch ends.
    package func bytes(at place: Int64, count: Int) throws(UnpackingError) -> [UInt8] {
        guard place >= 0, place < size else { return [] }
        let wanted = Int(min(Int64(count), size - place))
        var bytes = [UInt8](repeating: 0, count: wanted)
        let filled = unsafe bytes.withUnsafeMutableBytes { unsafe readAt(descriptor, offset: start + place, into: $0) }
        guard filled == wanted else {
            let reason = unsafe filled < 0 ? String(cString: strerror(errno)) : "the file is shorter than it was"
            throw UnpackingError(.read, reason)
        }
        return bytes
    }

    /// Where `mark` stands first within `range`; nil where it does not.
    package func first(_ mark: [UInt8], in range: Range<Int64>) throws(UnpackingError) -> Int64? {
        var place = range.lowerBound
        let end = min(range.upperBound, size)
        while place + Int64(mark.count) <= end {
            let bytes = try bytes(at: place, count: Int(min(Int64(Self.block), end - place)))
            if let index = bytes.index(of: mark) { return place + Int64(index) }
            // A mark may begin in this block and end in the next one.
            place += Int64(max(1, bytes.count - mark.count + 1))
        }
        return nil
    }

    /// Where the first byte other than zero stands within `range`.
    func firstByteNotZero(in range: Range<Int64>) throws(UnpackingError) -> Int64? {
        var place = range.lowerBound
        let end = min(range.upperBound, size)
        while place < end {
            let bytes = try bytes(at: place, count: Int(min(Int64(Self.block), end - place)))
            // Where the first is zero and each is like the one before, all are.
            let isZero = unsafe bytes.withUnsafeBytes {
                unsafe $0[0] == 0 && memcmp($0.baseAddress!, $0.baseAddress! + 1, $0.count - 1) == 0
            }
            if !isZero, let index = bytes.firstIndex(where: { $0 != 0 }) { return place + Int64(index) }
            place += Int64(bytes.count)
        }
        return nil
    }

    private static let block = 256 * 1024
}

extension [UInt8] {
    /// Where `mark` stands first from `start` on.
    package func index(of mark: [UInt8], from start: Int = 0) -> Int? {
        unsafe withUnsafeBytes { bytes in
            var place = start
            while place + mark.count <= bytes.count {
                let here = unsafe bytes.baseAddress! + place
                let candidates = bytes.count - place - mark.count + 1
                guard let found = unsafe memchr(here, CInt(mark[0]), candidates) else { return nil }
                if unsafe memcmp(found, mark, mark.count) == 0 {
                    return unsafe UnsafeRawPointer(found) - bytes.baseAddress!
                }
                place += unsafe UnsafeRawPointer(found) - here + 1
            }
            return nil
        }
    }
}
