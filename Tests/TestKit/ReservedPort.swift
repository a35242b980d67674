internal import Glibc
internal import Support

/// A port of the loopback address that the kernel assigns to no other socket, for a server that needs a fixed port and
/// sets `SO_REUSEADDR`. Until that server listens, the port refuses connections.
package final class ReservedPort: Sendable {
    package let number: UInt16
    private let socket: Descriptor

    package init() throws {
        socket = Descriptor(owning: Glibc.socket(AF_INET, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0))
        let number = socket.number
        var isReused: CInt = 1
        setsockopt(number, SOL_SOCKET, SO_REUSEADDR, &isReused, socklen_t(MemoryLayout<CInt>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(number, $0, length) == 0 && getsockname(number, $0, &length) == 0
            }
        }
        guard isBound else { throw SystemError("bind to 127.0.0.1") }
        self.number = UInt16(bigEndian: address.sin_port)
    }
}
