internal import Glibc
internal import Support

/// The socket of a service manager, on which a service's messages arrive (sd_notify(3)).
package final class ManagerSocket: Sendable {
    /// What `NOTIFY_SOCKET` is set to: a path, or `@` and an abstract name.
    package let address: String
    private let socket: Descriptor
    private let folder: TemporaryDirectory

    package convenience init(isAbstract: Bool = false) throws {
        let folder = try TemporaryDirectory()
        try self.init(address: (isAbstract ? "@" : "") + folder.path + "/notify", folder: folder)
    }

    package convenience init(address: String) throws { try self.init(address: address, folder: TemporaryDirectory()) }

    private init(address: String, folder: TemporaryDirectory) throws {
        self.address = address
        self.folder = folder
        socket = Descriptor(owning: Glibc.socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0))
        var target = sockaddr_un()
        target.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &target.sun_path) { path in
            for (index, byte) in address.utf8.enumerated() { path[index] = byte == UInt8(ascii: "@") ? 0 : byte }
        }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + address.utf8.count)
        let bound = withUnsafePointer(to: &target) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(socket.number, $0, length) }
        }
        guard bound == 0 else { throw SystemError("bind \(address)") }
    }

    /// The lines of the next message; nil if none arrives in time. Blocks its thread.
    package func next(within seconds: Int = 10) -> [String]? {
        var ready = pollfd(fd: socket.number, events: Int16(POLLIN), revents: 0)
        guard poll(&ready, 1, CInt(seconds * 1000)) == 1 else { return nil }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = recv(socket.number, &buffer, buffer.count, 0)
        guard count >= 0 else { return nil }
        return String(decoding: buffer.prefix(count), as: UTF8.self).split(separator: "\n").map(String.init)
    }

    /// Waits for the next message that has this line; messages before it are passed over.
    package func awaitLine(_ line: String, within limit: Duration = .seconds(60)) async throws {
        try await TestKit.within(limit, "\(line) on the manager's socket") { [self] in
            try await eventually { next(within: 0)?.contains(line) == true }
        }
    }
}
