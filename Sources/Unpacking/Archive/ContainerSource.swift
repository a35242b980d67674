internal import CArchive
internal import Glibc
internal import Support

/// A container's bytes for libarchive's read, skip and seek callbacks.
@safe final class ContainerSource {
    let slice: FileSlice
    private(set) var position: Int64 = 0
    /// Whether libarchive asked for bytes beyond the end. It separates "truncated" from "malformed".
    private(set) var didReadPastEnd = false
    /// The `errno` of the last read that failed, or 0.
    private(set) var readErrno: CInt = 0
    /// Over the calls of libarchive that read this container.
    let watch: ProgressWatch
    /// The end of the bytes that were read so far.
    private var furthest: Int64 = 0
    private let block: UnsafeMutableRawBufferPointer
    private let patches: ZipPatches

    private static let blockSize = 128 * 1024

    init(
        descriptor: CInt, offset: Int64, size: Int64, form: ContainerForm, patches: ZipPatches = ZipPatches()
    ) {
        self.patches = patches
        watch = ProgressWatch(form, size: size)
        slice = FileSlice(descriptor: descriptor, start: offset, size: size)
        unsafe block = .allocate(byteCount: Self.blockSize, alignment: 16)
    }

    var size: Int64 { slice.size }

    deinit { unsafe block.deallocate() }

    func resetReadPastEnd() { didReadPastEnd = false }

    /// Returns the next block and its length: 0 at the end, -1 if it cannot be read.
    private func read() -> (UnsafeRawPointer?, Int) {
        let wanted = unsafe Int(min(Int64(block.count), size - position))
        guard wanted > 0 else {
            didReadPastEnd = true
            return unsafe (UnsafeRawPointer(block.baseAddress), 0)
        }
        let count = unsafe readAt(
            slice.descriptor, offset: slice.start + position, into: .init(rebasing: block[..<wanted]))
        guard count == wanted else {
            // A file that has become shorter is an error, too.
            readErrno = count < 0 ? errno : EIO
            return (nil, -1)
        }
        unsafe patches.apply(to: UnsafeMutableRawBufferPointer(rebasing: block[..<count]), at: position)
        position += Int64(count)
        if position > furthest {
            furthest = position
            watch.renewCurrent()
        }
        return unsafe (UnsafeRawPointer(block.baseAddress), count)
    }

    /// Skips up to `count` bytes within the container. The read that follows finds out about the rest.
    private func skip(_ count: Int64) -> Int64 {
        let step = max(0, min(count, size - position))
        position += step
        return step
    }

    /// Returns the new position, or nil if it lies outside the container.
    private func seek(_ distance: Int64, from origin: CInt) -> Int64? {
        let base: Int64 = origin == SEEK_SET ? 0 : origin == SEEK_CUR ? position : size
        let (target, overflows) = base.addingReportingOverflow(distance)
        guard !overflows, (0...size).contains(target) else {
            if overflows || target > size { didReadPastEnd = true }
            return nil
        }
        position = target
        return target
    }

    /// Opens the container in libarchive. The caller keeps `self` alive as long as `archive`.
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
