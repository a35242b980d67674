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
    init(_ path: String) throws {
        self.path = path
        temporaryPath = "\(path).\(getpid()).part"
        let number = unsafe open(temporaryPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o640)
        guard number >= 0 else {
            throw CommandFailure(.output, "\(SystemError("cannot write \(printable(temporaryPath))"))")
        }
        descriptor = Descriptor(owning: number)
    }

    deinit {
        if !isCommitted { _ = unsafe unlink(temporaryPath) }
    }

    func write(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while failure == nil, !rest.isEmpty {
            let written = unsafe rest.withUnsafeBytes {
                unsafe Glibc.write(descriptor.number, $0.baseAddress, $0.count)
            }
            if written < 0 && errno == EINTR { continue }
            guard written > 0 else {
                failure = written == 0 ? ENOSPC : errno
                return
            }
            rest = rest.dropFirst(written)
        }
    }

    /// - Throws: `CommandFailure` if not all of it could be written; nothing has its name then.
    func commit() throws {
        if let failure { errno = failure }
        guard failure == nil, fsync(descriptor.number) == 0, unsafe rename(temporaryPath, path) == 0 else {
            throw CommandFailure(.output, "\(SystemError("cannot write \(printable(path))"))")
        }
        isCommitted = true
    }
}
