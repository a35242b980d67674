/// What must hold of a child that parses hostile bytes. Several layers of the sandbox give most of these properties,
/// and one of them is enough: which layers a machine supports depends on its kernel, and in a container on its profile.
package enum SandboxProperty: String, CaseIterable, Sendable {
    case noNetwork = "no network"
    case noFiles = "no files outside scratch"
    case noPrivileges = "no privileges"
    case fewSystemCalls = "few system calls"
    case bounded

    /// The sets of layers that give it: each set does, if all of its layers are in effect.
    private var givers: [[String]] {
        switch self {
        // The filter allows no call that makes a socket, and the child has none but its own.
        case .noNetwork: [["network-namespace"], ["seccomp"]]
        case .noFiles: [["root-folder"], ["landlock"]]
        // Root without capabilities still owns files, which `noFiles` keeps it from.
        case .noPrivileges: [["capabilities", "no-new-privileges"]]
        case .fewSystemCalls: [["seccomp"]]
        case .bounded: [["limits"]]
        }
    }

    /// The names of the layers that give it; empty if none does.
    package func layers(of sandbox: [SandboxLayer]) -> [String] {
        let given = Set(sandbox.filter(\.isGiven).map(\.name))
        return givers.filter(given.isSuperset).flatMap { $0 }
    }

    /// What to change if no layer gives it, whether in a container or not.
    package var advice: String {
        switch self {
        case .noNetwork, .fewSystemCalls: "the kernel must allow seccomp filters"
        case .noFiles:
            "use Linux 5.13 or later with Landlock, in a container with a profile that allows its calls, or start as root with the capability SYS_CHROOT"
        case .noPrivileges: "the kernel must let a process drop its capabilities"
        case .bounded: "/proc must be mounted, and the limits of the process must not be below those of the scanner"
        }
    }
}

/// What `--require-sandbox` asks for.
package enum SandboxRequirement: String, CaseIterable, Sendable {
    /// Start with whatever this machine supports.
    case none
    /// Each property, by at least one layer.
    case properties
    /// Each layer.
    case all
}
