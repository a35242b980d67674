/// A user namespace with a single user, as in rootless containers: a process can't change to another user.
package enum UserNamespace {
    /// The command that runs the program and arguments after it in such a namespace.
    package static let words = ["/usr/bin/unshare", "--user", "--map-root-user", "--"]

    /// Whether this machine allows it. The kernel refuses it to processes in a chroot, for instance.
    package static let isPossible = (try? Tool.run(words + ["true"]))?.status == 0
}
