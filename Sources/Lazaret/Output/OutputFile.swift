internal import Glibc
internal import Support

/// A file that appears under its name once it is complete; a file of that name is replaced then.
final class OutputFile {
    private let path: String
    private let temporaryPath: String
    private let descriptor: Descriptor
    /// The `errno` of the first failed write.
    private var failure: CInt?
    private var isCommitted = false

    /// - Throws: `CommandFailure` if the folder can't be written.
    init(_ path: String, mode: mode_t = 0o640) throws {
        self.path = path
        temporaryPath = "\(path).\(getpid()).part"
        let number = unsafe open(temporaryPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard number >= 0 else {
            throw CommandFailure(.output, "\(SystemError("cannot write \(printable(temporaryPath))"))")
        }
        descriptor = Descriptor(owning: number)
    }

    deinit {
        if !isCommitted { _ = unsafe unlink(temporaryPath) }
    }

    func write(_ bytes: [UInt8]) {
        if failure == nil { failure = Support.write(bytes, to: descriptor.number) }
    }

    /// - Throws: `CommandFailure` if not all of it could be written; nothing has its name then.
    func commit() throws {
        if let failure { errno = failure }
        guard failure == nil, fsync(descriptor.number) == 0, unsafe rename(temporaryPath, path) == 0 else {
            throw CommandFailure(
                .output,
                "\(SystemError("cannot write \(printable(path))")); nothing was changed there: make room, or write to another disk"
            )
        }
        isCommitted = true
    }
}
