import Glibc

/// Owns one open file descriptor and closes it.
package struct Descriptor: ~Copyable, Sendable {
    package let number: CInt

    /// Takes over an open descriptor.
    package init(owning number: CInt) { self.number = number }

    deinit { close(number) }

    /// Gives the descriptor up without closing it.
    package consuming func release() -> CInt {
        let number = number
        discard self
        return number
    }
}

/// A call to the operating system that failed.
package struct SystemError: Error, CustomStringConvertible {
    package let operation: String
    package let code: CInt

    /// - Parameter code: an `errno`; the calling thread's current one unless given.
    package init(_ operation: String, code: CInt = errno) {
        self.operation = operation
        self.code = code
    }

    package var description: String { "\(operation): \(unsafe String(cString: strerror(code)))" }

    /// Whether it was for want of room on a disk, or of a quota.
    package var isDiskFull: Bool { code == ENOSPC || code == EDQUOT }
}
