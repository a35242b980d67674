internal import CShims
internal import Glibc
package import Support

/// The unlinked file that holds an object's bytes while they are inspected. The kernel frees it when its last
/// descriptor is closed, however the process ends.
///
/// Small objects are kept in memory (memfd), larger ones on disk (O_TMPFILE in the spool folder), so that the worker's
/// memory does not depend on the size of uploads.
package final class Spool: Sendable {
    private let descriptor: Descriptor
    private let isInMemory: Bool
    private let size: Int64
    private let folder: SpoolFolder?
    /// Written bytes, up to the size; those of a repeated range count twice.
    private let counted = Locked<Int64>(0)

    /// Objects of at most this many bytes are kept in memory.
    package static let inMemoryLimit: Int64 = 1 << 20

    /// - Parameters:
    ///   - directory: an existing folder on a file system with O_TMPFILE (ext4, xfs, btrfs, tmpfs).
    ///   - size: the maximum number of bytes that will be written.
    package convenience init(in directory: String, size: Int64) throws(SystemError) {
        try self.init(directory, nil, size: size)
    }

    /// Creates a spool whose bytes the folder counts while it exists.
    convenience init(in folder: SpoolFolder, size: Int64) throws(SystemError) {
        try self.init(folder.path, folder, size: size)
    }

    private init(_ directory: String, _ folder: SpoolFolder?, size: Int64) throws(SystemError) {
        self.size = size
        self.folder = folder
        isInMemory = size <= Self.inMemoryLimit
        let number =
            if isInMemory {
                unsafe lz_memfd("lazaret-spool")
            } else {
                unsafe lz_tmpfile(directory)
            }
        guard number >= 0 else { throw SystemError("make a spool file in \(directory)") }
        descriptor = Descriptor(owning: number)
    }

    deinit { folder?.count(-counted.withLock { $0 }, inMemory: isInMemory) }

    /// The descriptor for the scanner; valid while this spool exists.
    package var fileDescriptor: CInt { descriptor.number }

    /// Writes all of `bytes` at `offset`.
    package func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(SystemError) {
        var done = 0
        while done < bytes.count {
            let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[done...])
            let count = unsafe pwrite(descriptor.number, rest.baseAddress, rest.count, Int(offset) + done)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw SystemError("write to the spool", code: count == 0 ? ENOSPC : errno) }
            done += count
        }
        count(Int64(done))
    }

    private func count(_ written: Int64) {
        guard let folder else { return }
        let more = counted.withLock { counted in
            let more = min(written, size - counted)
            counted += more
            return more
        }
        folder.count(more, inMemory: isInMemory)
    }

    /// Frees the space of all bytes from `length` on.
    func shorten(to length: Int64) {
        guard ftruncate(descriptor.number, Int(length)) == 0, let folder else { return }
        let fewer = counted.withLock { counted in
            let fewer = max(0, counted - length)
            counted -= fewer
            return fewer
        }
        folder.count(-fewer, inMemory: isInMemory)
    }

    /// Reads up to `buffer.count` bytes from `offset`; fewer only at the end.
    package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(SystemError) -> Int {
        let count = unsafe readAt(descriptor.number, offset: offset, into: buffer)
        guard count >= 0 else { throw SystemError("read from the spool") }
        return count
    }

    /// Makes the bytes immutable, for this process too. Files on disk have no seals; the scanner gets those read-only.
    package func seal() throws(SystemError) {
        guard isInMemory else { return }
        guard lz_seal(descriptor.number) == 0 else { throw SystemError("seal the spool") }
    }
}
