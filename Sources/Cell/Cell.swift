import CShims
import Glibc

/// What a forked child gives up before its first request.
package enum Cell {
    /// The descriptor of the child's socket, and the only one it has beside the three standard ones.
    package static let socket: CInt = 3

    /// Leaves the child with its socket as descriptor 3 and nothing else that is open; ends it where that fails.
    ///
    /// - Parameters:
    ///   - socket: the child's end of its socket.
    ///   - parent: the process that forked it.
    package static func enter(socket: CInt, parent: Int32) {
        guard lz_die_with_parent(SIGKILL) == 0, getppid() == parent else { _exit(EX_OSERR) }
        let null = unsafe open("/dev/null", O_RDWR)
        guard null >= 0, dup2(null, 0) == 0, dup2(null, 1) == 1, dup2(null, 2) == 2 else { _exit(EX_OSERR) }
        // The control socket stands at 3: from here on it is out of this process's reach.
        guard dup2(socket, Self.socket) == Self.socket else { _exit(EX_OSERR) }
        closefrom(Self.socket + 1)
        var none = sigset_t()
        unsafe sigemptyset(&none)
        unsafe sigprocmask(SIG_SETMASK, &none, nil)
    }

    /// The engine names its temporary files by rand(), and all children have the first process's state of it.
    package static func seedRandomNames() {
        srand(UInt32.random(in: .min ... .max))
    }
}
