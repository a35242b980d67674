import CShims
import Glibc
import ScanProtocol

/// Whom children of a scanner that root started become.
package struct CellUser: Sendable {
    package let name: String
    package let user: UInt32
    package let group: UInt32

    /// `lazaret` where the system has such a user, else `nobody`.
    static func unprivileged() -> CellUser {
        for name in ["lazaret", "nobody"] {
            var user: UInt32 = 0
            var group: UInt32 = 0
            if unsafe lz_user(name, &user, &group) == 0, user != 0 {
                return CellUser(name: name, user: user, group: group)
            }
        }
        return CellUser(name: "nobody", user: 65534, group: 65534)
    }
}

extension Cell {
    /// The way of a scanner that root started: namespaces, then another user, then no capability.
    func leaveRoot(for user: CellUser) -> [CellLayer] {
        var network = ownNamespaces(withUser: false)
        let bounding = CellLayer("bounding", "", failed: lz_empty_bounding_set() != 0)
        let change = CellLayer(
            "user", "\(user.name) (\(user.user):\(user.group)), no way back",
            failed: lz_become(user.user, user.group) != 0)
        // Root of a container may have no right to namespaces, where any user has one to those within his own.
        if !network.isGiven, change.isGiven {
            let second = ownNamespaces(withUser: true)
            if second.isGiven { network = second }
        }
        return [network, change, dropCapabilities(bounding)]
    }

    /// The way of any other user: nothing to leave but the network, which makes capabilities in a namespace of its own.
    func leaveNetwork() -> [CellLayer] {
        let network = ownNamespaces(withUser: true)
        let isRoot = geteuid() == 0
        let change = CellLayer(
            "user", isGiven: !isRoot, detail: isRoot ? "root" : "not root from the start")
        let bounding = CellLayer("bounding", "", failed: lz_empty_bounding_set() != 0)
        return [network, change, dropCapabilities(bounding)]
    }

    private func ownNamespaces(withUser: Bool) -> CellLayer {
        CellLayer(
            "network-namespace", withUser ? "own network, IPC and users" : "own network and IPC",
            failed: lz_own_namespaces(withUser ? 1 : 0) != 0)
    }

    /// - Parameter bounding: whether the bounding set could be emptied. Without new privileges it means nothing any more.
    private func dropCapabilities(_ bounding: CellLayer) -> CellLayer {
        CellLayer(
            "capabilities", bounding.isGiven ? "none, and none to be had" : "none",
            failed: lz_drop_capabilities() != 0)
    }
}
