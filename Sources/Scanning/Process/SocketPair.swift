import Glibc

/// Two connected sockets. The far one goes to a child.
struct SocketPair {
    let near: CInt
    let far: CInt

    /// Returns nil and sets `errno` if the system call fails.
    init?() {
        var ends: [CInt] = [-1, -1]
        let kind = CInt(SOCK_SEQPACKET.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
        guard unsafe socketpair(AF_UNIX, kind, 0, &ends) == 0 else { return nil }
        (near, far) = (ends[0], ends[1])
    }

    func closeFar() { close(far) }
}
