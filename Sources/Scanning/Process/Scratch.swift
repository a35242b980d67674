import CShims
import Glibc
import Sandbox

/// The folders in which the engine unpacks: one for this scanner, and in it one for each child, created before the
/// child is forked and deleted after it has ended.
///
/// The scanner locks its folder as long as it lives, so that a later scanner can distinguish the leftovers of a killed
/// one from a folder in use.
struct Scratch {
    let path: String
    /// The owner of the children's folders, or nil for this process's own user.
    private let user: SandboxUser?
    private static let prefix = "lazaret-scanner."

    /// - Parameter didCreate: called between the folder's creation and its lock, so that a test can interfere.
    init(
        under folder: String, childrenOf user: SandboxUser?, didCreate: (_ path: String) -> Void = { _ in }
    ) throws(StartFailure) {
        self.user = user
        Self.sweep(folder)
        var error: CInt = 0
        for attempt in 0..<Self.attempts {
            // A process in another container may have the same id.
            let path = "\(folder)/\(Self.prefix)\(getpid())" + (attempt == 0 ? "" : ".\(attempt)")
            error = unsafe mkdir(path, 0o700) == 0 ? 0 : errno
            if error == 0 {
                didCreate(path)
                error = Self.lock(path)
            }
            if error == 0 {
                self.path = path
                return
            }
            // Another scanner may have swept this folder before it was locked.
            guard [EEXIST, ENOENT, EWOULDBLOCK].contains(error), unsafe access(folder, F_OK) == 0 else { break }
        }
        let reason = unsafe String(cString: strerror(error))
        throw StartFailure(
            reason: "scratch folder \(folder) cannot be used (\(reason)): "
                + "give one that exists and that this user may write to")
    }

    private static let attempts = 100

    /// Locks a folder. The descriptor stays open until the process ends, to keep the lock.
    ///
    /// - Returns: 0 or an `errno`: `ENOENT` if the folder has been deleted, `EWOULDBLOCK` if another process has the
    ///   lock.
    private static func lock(_ path: String) -> CInt {
        let descriptor = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return errno }
        var error = flock(descriptor, LOCK_EX | LOCK_NB) == 0 ? 0 : errno
        var (locked, current) = (stat(), stat())
        if error == 0, unsafe fstat(descriptor, &locked) != 0 || stat(path, &current) != 0 { error = errno }
        // Deleted before it was locked, and another one has its name now.
        if error == 0, locked.st_ino != current.st_ino || locked.st_dev != current.st_dev { error = ENOENT }
        if error != 0 { close(descriptor) }
        return error
    }

    /// Creates an empty folder that only the child may enter, and deletes what was there before. Returns nil and sets
    /// `errno` if that fails.
    func prepare(_ name: String) -> String? {
        let folder = folder(name)
        _ = unsafe lz_remove_tree(folder)
        guard unsafe mkdir(folder, 0o700) == 0 else { return nil }
        // If root may not change the owner of files here, its children cannot change their user either.
        if let user { unsafe _ = chown(folder, user.user, user.group) }
        return folder
    }

    func folder(_ name: String) -> String { "\(path)/\(name)" }

    func remove(_ name: String) { _ = unsafe lz_remove_tree(folder(name)) }

    func remove() { _ = unsafe lz_remove_tree(path) }

    /// Deletes the leftovers of killed scanners under `folder`.
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

/// Returns the sorted names of a folder's entries, or nil if it cannot be read.
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
