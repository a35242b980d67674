import CShims
import Glibc
import Sandbox

/// The folder in which the engine unpacks: one for this scanner, and in it one for each child, made before the child is
/// forked and deleted after it ended.
///
/// The scanner holds a lock on its folder as long as it lives, so that a later one can tell the leavings of a scanner
/// that was killed from the folder of one that works.
struct Scratch {
    let path: String
    /// Whom the children's folders belong to; nil for this process's own user.
    private let user: SandboxUser?
    private static let prefix = "lazaret-scanner."

    /// - Parameter made: called between the making of the folder and its lock, for a test that comes in between.
    init(
        under folder: String, childrenOf user: SandboxUser?, made: (_ path: String) -> Void = { _ in }
    ) throws(StartFailure) {
        self.user = user
        Self.sweep(folder)
        var error: CInt = 0
        for attempt in 0..<Self.attempts {
            // In another container a process may have the same number.
            let path = "\(folder)/\(Self.prefix)\(getpid())" + (attempt == 0 ? "" : ".\(attempt)")
            error = unsafe mkdir(path, 0o700) == 0 ? 0 : errno
            if error == 0 {
                made(path)
                error = Self.hold(path)
            }
            if error == 0 {
                self.path = path
                return
            }
            // Or its scanner may have taken this folder for leavings, before it was locked.
            guard [EEXIST, ENOENT, EWOULDBLOCK].contains(error), unsafe access(folder, F_OK) == 0 else { break }
        }
        let reason = unsafe String(cString: strerror(error))
        throw StartFailure(
            reason: "scratch folder \(folder) cannot be used (\(reason)): "
                + "give one that exists and that this user may write to")
    }

    private static let attempts = 100

    /// Locks a folder. The descriptor stays open to the end of the process, for the lock's sake.
    ///
    /// - Returns: 0, or errno: `ENOENT` where the folder is not there any more, `EWOULDBLOCK` where another has the lock.
    private static func hold(_ path: String) -> CInt {
        let descriptor = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return errno }
        var error = flock(descriptor, LOCK_EX | LOCK_NB) == 0 ? 0 : errno
        var (held, there) = (stat(), stat())
        if error == 0, unsafe fstat(descriptor, &held) != 0 || stat(path, &there) != 0 { error = errno }
        // Deleted before the lock, and its name taken since.
        if error == 0, held.st_ino != there.st_ino || held.st_dev != there.st_dev { error = ENOENT }
        if error != 0 { close(descriptor) }
        return error
    }

    /// Makes an empty folder for a child, which alone may enter it; whatever stood there before is gone. Nil and errno
    /// where that fails.
    func prepare(_ name: String) -> String? {
        let folder = folder(name)
        _ = unsafe lz_remove_tree(folder)
        guard unsafe mkdir(folder, 0o700) == 0 else { return nil }
        // A scanner of root that may not give files away has children that cannot change their user either.
        if let user { unsafe _ = chown(folder, user.user, user.group) }
        return folder
    }

    func folder(_ name: String) -> String { "\(path)/\(name)" }

    func remove(_ name: String) { _ = unsafe lz_remove_tree(folder(name)) }

    func remove() { _ = unsafe lz_remove_tree(path) }

    /// Deletes what killed scanners left under `folder`.
    static func sweep(_ folder: String) {
        for name in fileNames(in: folder) ?? [] where name.hasPrefix(prefix) {
            let path = "\(folder)/\(name)"
            let descriptor = unsafe open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            guard descriptor >= 0 else { continue }
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { _ = unsafe lz_remove_tree(path) }
            close(descriptor)
        }
    }
}

/// The names of what stands in a folder, in their order; nil where it cannot be read.
func fileNames(in folder: String) -> [String]? {
    guard let stream = unsafe opendir(folder) else { return nil }
    defer { unsafe _ = closedir(stream) }
    var names: [String] = []
    while let entry = unsafe readdir(stream) {
        let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
            unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
        }
        if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
}
