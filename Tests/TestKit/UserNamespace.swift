/// A user namespace with one user in it, as containers without root have it: there is no other user to become.
package enum UserNamespace {
    /// What is to stand before a program's words to run it in one.
    package static let words = ["/usr/bin/unshare", "--user", "--map-root-user", "--"]

    /// Whether this machine gives one: to processes in a chroot, for instance, the kernel does not.
    package static let isPossible = (try? Tool.run(words + ["true"]))?.status == 0
}
