import CShims
import Glibc
import ScanProtocol

extension Sandbox {
    /// Confines a child of a scanner that root started: namespaces, then another user, then its own root directory,
    /// then no capabilities.
    func confineAsRoot(for user: SandboxUser) -> [SandboxLayer] {
        var network = unshareNamespaces(withUser: false)
        _ = lz_clear_bounding_set()
        var change = SandboxLayer(
            "user", "\(user.name) (\(user.user):\(user.group)), irrevocable",
            failed: lz_change_user(user.user, user.group) != 0)
        // Root in a container may not be allowed to create namespaces, while any user may within a user namespace.
        if !network.isGiven {
            let second = unshareNamespaces(withUser: true)
            if second.isGiven {
                network = second
                // A new user namespace starts with all capabilities.
                _ = lz_clear_bounding_set()
            }
        }
        let rest = [changeRoot(), dropCapabilities()]
        if change.isGiven, lz_check_root_is_lost() != 0 { change = SandboxLayer("user", "", failed: true) }
        return [network, change] + rest
    }

    /// Confines a child of a scanner that another user started: its own user namespace allows it to leave the network
    /// and all files.
    func confineAsUser() -> [SandboxLayer] {
        let network = unshareNamespaces(withUser: true)
        _ = lz_clear_bounding_set()
        let isRoot = geteuid() == 0
        let change = SandboxLayer("user", isGiven: !isRoot, detail: isRoot ? "root" : "not root from the start")
        return [network, change, changeRoot(), dropCapabilities()]
    }

    private func unshareNamespaces(withUser: Bool) -> SandboxLayer {
        SandboxLayer(
            "network-namespace", withUser ? "own network, IPC and users" : "own network and IPC",
            failed: lz_unshare_namespaces(withUser ? 1 : 0) != 0)
    }

    /// Makes scratch the root directory. Landlock alone would still show whether files outside exist.
    private func changeRoot() -> SandboxLayer {
        SandboxLayer("root-folder", "scratch only", failed: lz_chroot_here() != 0)
    }

    /// A user without privileges cannot empty the bounding set. Without new privileges, it has no effect.
    private func dropCapabilities() -> SandboxLayer {
        SandboxLayer("capabilities", "none, and none can be gained", failed: lz_drop_capabilities() != 0)
    }
}
