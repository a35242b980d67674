import Glibc

/// The socket on which a service manager hears from the service that it started (sd_notify(3)): each message is one
/// datagram of lines `NAME=value`.
package struct NotifySocket: Sendable {
    /// A path, or `@` and a name in the abstract namespace.
    private let address: String

    /// Returns nil for an address of another kind, and for one that is too long for a socket.
    package init?(_ address: String) {
        guard address.hasPrefix("/") || address.hasPrefix("@"), address.utf8.count > 1,
            address.utf8.count < MemoryLayout.size(ofValue: sockaddr_un().sun_path)
        else { return nil }
        self.address = address
    }

    /// Sends one message. A manager whose queue is full is waited for, a second at most.
    package func send(_ lines: [String]) throws(SystemError) {
        let number = socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { throw SystemError("open a socket") }
        let socket = Descriptor(owning: number)
        var limit = timeval(tv_sec: 1, tv_usec: 0)
        unsafe setsockopt(
            socket.number, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        let message = Array(lines.joined(separator: "\n").utf8)
        let sent = unsafe withSocketAddress { target, length in
            unsafe sendto(socket.number, message, message.count, CInt(MSG_NOSIGNAL), target, length)
        }
        guard sent == message.count else { throw SystemError("notify \(address)") }
    }

    /// An abstract name begins with a NUL in place of the `@`, and ends where the address's length says (unix(7)).
    private func withSocketAddress<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        var target = sockaddr_un()
        target.sun_family = sa_family_t(AF_UNIX)
        var name = Array(address.utf8)
        if name[0] == UInt8(ascii: "@") { name[0] = 0 }
        unsafe withUnsafeMutableBytes(of: &target.sun_path) { unsafe $0.copyBytes(from: name) }
        let length = MemoryLayout.offset(of: \sockaddr_un.sun_path)! + name.count
        return unsafe withUnsafePointer(to: &target) { target in
            unsafe target.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe body($0, socklen_t(length)) }
        }
    }
}
