import Glibc

/// Writes whole lines to a descriptor, one thread at a time, and drops lines if the reader has stalled: neither a job
/// nor the renewal of a lease waits for it.
///
/// A line that follows dropped ones is preceded by one that counts them.
package final class LogWriter: Sendable {
    private struct State {
        var dropped = 0
        /// Whether the last line was written in part.
        var isCut = false
    }

    private let descriptor: CInt
    /// How long the first line waits for a reader that has stalled, in milliseconds. Later ones do not wait.
    private let patience: CInt
    private let state = Locked(State())

    package static let standardError = LogWriter(STDERR_FILENO)

    package init(_ descriptor: CInt, patience: CInt = 2000) {
        self.descriptor = descriptor
        self.patience = patience
    }

    /// - Parameters:
    ///   - line: with its newline.
    ///   - notice: returns the line that reports how many were dropped.
    package func write(_ line: [UInt8], notice: (_ dropped: Int) -> [UInt8]) {
        state.withLock { state in
            let patience = state.dropped > 0 ? 0 : patience
            var bytes = line
            if state.dropped > 0 { bytes = notice(state.dropped) + bytes }
            if state.isCut { bytes.insert(UInt8(ascii: "\n"), at: 0) }
            var rest = bytes[...]
            while !rest.isEmpty {
                guard waitForReader(patience) else {
                    // A cut notice may not have been read: it is repeated.
                    if rest.count < bytes.count { state.isCut = true }
                    state.dropped += 1
                    return
                }
                // A pipe or socket that can be written to takes as much as this without blocking (pipe(7), PIPE_BUF).
                let written = unsafe rest.prefix(Self.atOnce).withUnsafeBytes {
                    unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
                }
                if written < 0, errno == EINTR || errno == EAGAIN { continue }
                // Nobody reads any more, or the disk is full.
                guard written > 0 else { break }
                rest = rest.dropFirst(written)
            }
            state = State()
        }
    }

    private static let atOnce = 4096

    private func waitForReader(_ milliseconds: CInt) -> Bool {
        var target = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        while true {
            let count = unsafe poll(&target, 1, milliseconds)
            if count < 0, errno == EINTR { continue }
            return count > 0
        }
    }
}
