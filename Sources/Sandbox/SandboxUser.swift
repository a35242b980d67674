import CShims
import Glibc
import ScanProtocol

/// Whom children of a scanner that root started become.
package struct SandboxUser: Sendable {
    package let name: String
    package let user: UInt32
    package let group: UInt32

    /// `lazaret` where the system has such a user, else `nobody`.
    static func unprivileged() -> SandboxUser {
        for name in ["lazaret", "nobody"] {
            var user: UInt32 = 0
            var group: UInt32 = 0
            if unsafe lz_user(name, &user, &group) == 0, user != 0 {
                return SandboxUser(name: name, user: user, group: group)
            }
        }
        return SandboxUser(name: "nobody", user: 65534, group: 65534)
    }
}

extension Sandbox {
    /// The way of a scanner that root started: namespaces, then another user, then no file but its own, no capability.
    func leaveRoot(for user: SandboxUser) -> [SandboxLayer] {
        var network = ownNamespaces(withUser: false)
        _ = lz_empty_bounding_set()
        var change = SandboxLayer(
            "user", "\(user.name) (\(user.user):\(user.group)), no way back",
            failed: lz_become(user.user, user.group) != 0)
        // Root of a container may have no right to namespaces, where any user has one to those within his own.
        if !network.isGiven {
            let second = ownNamespaces(withUser: true)
            if second.isGiven {
                network = second
                // A new namespace of users begins with all of them.
                _ = lz_empty_bounding_set()
            }
        }
        let rest = [ownRoot(), dropCapabilities()]
        if change.isGiven, lz_stay_without_root() != 0 { change = SandboxLayer("user", "", failed: true) }
        return [network, change] + rest
    }

    /// The way of any other user: a namespace of users of its own gives it the right to leave the network and all files.
    func leaveNetwork() -> [SandboxLayer] {
        let network = ownNamespaces(withUser: true)
        _ = lz_empty_bounding_set()
        let isRoot = geteuid() == 0
        let change = SandboxLayer("user", isGiven: !isRoot, detail: isRoot ? "root" : "not root from the start")
        return [network, change, ownRoot(), dropCapabilities()]
    }

    private func ownNamespaces(withUser: Bool) -> SandboxLayer {
        SandboxLayer(
            "network-namespace", withUser ? "own network, IPC and users" : "own network and IPC",
            failed: lz_own_namespaces(withUser ? 1 : 0) != 0)
    }

    /// The names of files beyond scratch mean nothing in there: not even that they exist can be seen, which landlock
    /// would leave.
    private func ownRoot() -> SandboxLayer {
        SandboxLayer("root-folder", "scratch is all there is", failed: lz_root_here() != 0)
    }

    /// The bounding set, which could not be emptied by a user without privileges, means nothing where none can be had.
    private func dropCapabilities() -> SandboxLayer {
        SandboxLayer("capabilities", "none, and none to be had", failed: lz_drop_capabilities() != 0)
    }
}
