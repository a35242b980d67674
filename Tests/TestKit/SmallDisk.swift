internal import Glibc
internal import Support

/// A small file system that is unmounted when it is released. Only root can mount it.
package final class SmallDisk: Sendable {
    private let folder: TemporaryDirectory

    package static var isPossible: Bool { geteuid() == 0 }

    package var path: String { folder.path }

    package init(bytes: Int) throws {
        folder = try TemporaryDirectory()
        guard mount("tmpfs", folder.path, "tmpfs", UInt(MS_NOSUID | MS_NODEV), "size=\(bytes)") == 0 else {
            throw SystemError("mount a tmpfs at \(folder.path)")
        }
    }

    /// Leaves this many bytes free until `makeRoom()`. Nothing else may write to the disk meanwhile.
    package func fill(leaving bytes: Int = 0) throws {
        let file = open(ballast, O_CREAT | O_WRONLY, 0o600)
        defer { close(file) }
        var facts = statvfs()
        guard file >= 0, fstatvfs(file, &facts) == 0 else { throw SystemError("fill \(path)") }
        let code = posix_fallocate(file, 0, off_t(facts.f_bavail * facts.f_frsize) - off_t(bytes))
        guard code == 0 else { throw SystemError("fill \(path)", code: code) }
    }

    /// Frees the space that `fill` took.
    package func makeRoom() throws {
        guard unlink(ballast) == 0 else { throw SystemError("unlink \(ballast)") }
    }

    private var ballast: String { path + "/ballast" }

    deinit { umount2(folder.path, CInt(MNT_DETACH)) }
}
