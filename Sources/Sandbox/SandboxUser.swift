import CShims

/// The user that the children of a scanner run as if root started it.
package struct SandboxUser: Sendable {
    package let name: String
    package let user: UInt32
    package let group: UInt32

    /// Returns the user `lazaret-scan` if the system has it, or else `nobody`. It must not be a user that runs the
    /// worker or owns files: the children could reach its processes.
    static func unprivileged() -> SandboxUser {
        for name in ["lazaret-scan", "nobody"] {
            var user: UInt32 = 0
            var group: UInt32 = 0
            if unsafe lz_user(name, &user, &group) == 0, user != 0 {
                return SandboxUser(name: name, user: user, group: group)
            }
        }
        return SandboxUser(name: "nobody", user: 65534, group: 65534)
    }
}
