internal import CArchive
internal import Glibc
internal import Support

/// The bytes of a container, as libarchive asks for them: a stretch of a file, read at the places it names.
@safe final class ContainerSource {
    let stretch: FileStretch
    private(set) var position: Int64 = 0
    /// Whether something was wanted that lies behind the end: what tells "cut off" from "damaged".
    private(set) var wantedMore = false
    /// The `errno` of a read that failed; 0 as long as none did.
    private(set) var failure: CInt = 0
    private let block: UnsafeMutableRawBufferPointer

    private static let blockSize = 128 * 1024

    init(descriptor: CInt, offset: Int64, size: Int64) {
        stretch = FileStretch(descriptor: descriptor, start: offset, size: size)
        unsafe block = .allocate(byteCount: Self.blockSize, alignment: 16)
    }

    var size: Int64 { stretch.size }

    deinit { unsafe block.deallocate() }

    /// From here on `wantedMore` is about what comes.
    func forgetEnd() { wantedMore = false }

    /// The next block, and its length: 0 at the end, -1 where it cannot be read.
    private func read() -> (UnsafeRawPointer?, Int) {
        let wanted = unsafe Int(min(Int64(block.count), size - position))
        guard wanted > 0 else {
            wantedMore = true
            return unsafe (UnsafeRawPointer(block.baseAddress), 0)
        }
        let count = unsafe readAt(
            stretch.descriptor, offset: stretch.start + position, into: .init(rebasing: block[..<wanted]))
        guard count == wanted else {
            // A file that is shorter than it was is not read to its end either.
            failure = count < 0 ? errno : EIO
            return (nil, -1)
        }
        position += Int64(count)
        return unsafe (UnsafeRawPointer(block.baseAddress), count)
    }

    /// Passes over as many bytes as there are, up to `count`; what lies behind the end is then asked for, and not there.
    private func skip(_ count: Int64) -> Int64 {
        let step = max(0, min(count, size - position))
        position += step
        return step
    }

    /// The new position; nil for one that lies outside of the container.
    private func seek(_ distance: Int64, from origin: CInt) -> Int64? {
        let base: Int64 = origin == SEEK_SET ? 0 : origin == SEEK_CUR ? position : size
        let (place, overflows) = base.addingReportingOverflow(distance)
        guard !overflows, (0...size).contains(place) else {
            if overflows || place > size { wantedMore = true }
            return nil
        }
        position = place
        return place
    }

    /// Opens the container in libarchive, which calls back for its bytes. The caller keeps `self` alive as long as `archive`.
    ///
    func open(in archive: OpaquePointer) -> CInt {
        unsafe archive_read_set_callback_data(archive, Unmanaged.passUnretained(self).toOpaque())
        unsafe archive_read_set_read_callback(archive) { _, source, block in
            let source = unsafe Unmanaged<ContainerSource>.fromOpaque(source!).takeUnretainedValue()
            let (bytes, count) = unsafe source.read()
            unsafe block?.pointee = bytes
            return count
        }
        unsafe archive_read_set_skip_callback(archive) { _, source, count in
            unsafe Unmanaged<ContainerSource>.fromOpaque(source!).takeUnretainedValue().skip(count)
        }
        unsafe archive_read_set_seek_callback(archive) { _, source, distance, origin in
            unsafe Unmanaged<ContainerSource>.fromOpaque(source!).takeUnretainedValue().seek(distance, from: origin)
                ?? Int64(ARCHIVE_FATAL)
        }
        return unsafe archive_read_open1(archive)
    }
}
