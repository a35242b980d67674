internal import Glibc
internal import Support

/// A file system of a test's own that is soon full; gone when nobody refers to it any more. Only root can have one.
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

    deinit { umount2(folder.path, CInt(MNT_DETACH)) }
}
