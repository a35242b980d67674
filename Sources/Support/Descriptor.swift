import Glibc

/// Owns one open file descriptor and closes it.
package struct Descriptor: ~Copyable, Sendable {
    package let number: CInt

    /// - Parameter number: an open descriptor, which this value closes from now on.
    package init(owning number: CInt) { self.number = number }

    deinit { close(number) }

    /// Returns the descriptor without closing it; the caller owns it from then on.
    package consuming func release() -> CInt {
        let number = number
        discard self
        return number
    }
}

/// A failed call to the operating system.
package struct SystemError: Error, CustomStringConvertible {
    package let operation: String
    package let code: CInt

    /// - Parameter code: an `errno`; by default the calling thread's current one.
    package init(_ operation: String, code: CInt = errno) {
        self.operation = operation
        self.code = code
    }

    package var description: String { "\(operation): \(unsafe String(cString: strerror(code)))" }

    /// Whether a disk or a quota was full.
    package var isDiskFull: Bool { code == ENOSPC || code == EDQUOT }
}
