import CShims
import Glibc

/// Starts a program isolated from this one: it gets only the given descriptors and environment, default signal
/// handling, and a process group of its own. Keys pressed at a terminal do not reach it, and it can be killed together
/// with all processes that it starts.
///
/// - Parameters:
///   - arguments: the program and its arguments. A program name without a slash is looked up in this process's `PATH`.
///   - environment: `NAME=value` each.
///   - descriptors: the program's descriptors 0, 1, 2 and so on; nil opens `/dev/null`.
/// - Returns: the process id.
/// - Throws: also if the program does not exist or cannot be run.
package func spawnProcess(
    _ arguments: [String], environment: [String], descriptors: [CInt?]
) throws(SystemError) -> CInt {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe _ = posix_spawn_file_actions_destroy(&actions) }
    // A source whose number is the target of another one is first duplicated to a spare number, so that it is not
    // overwritten.
    var sources = descriptors
    var spare = CInt(descriptors.count)
    for case (let target, let source?) in descriptors.enumerated()
    where source < descriptors.count && source != target {
        while sources.contains(spare) { spare += 1 }
        unsafe posix_spawn_file_actions_adddup2(&actions, source, spare)
        sources[target] = spare
    }
    for (target, source) in sources.enumerated() {
        let target = CInt(target)
        if let source {
            // dup2 of a descriptor to itself clears its close-on-exec flag. A closed one, as a standard stream may be,
            // stays closed.
            if source == target, fcntl(source, F_GETFD) < 0 { continue }
            unsafe posix_spawn_file_actions_adddup2(&actions, source, target)
        } else {
            unsafe posix_spawn_file_actions_addopen(
                &actions, target, "/dev/null", target == 0 ? O_RDONLY : O_WRONLY, 0)
        }
    }
    unsafe _ = lz_spawn_close_from(&actions, CInt(descriptors.count))

    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe _ = posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    var all = sigset_t()
    unsafe sigemptyset(&none)
    unsafe sigfillset(&all)
    unsafe posix_spawnattr_setsigmask(&attributes, &none)
    unsafe posix_spawnattr_setsigdefault(&attributes, &all)
    unsafe posix_spawnattr_setpgroup(&attributes, 0)
    let flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP
    unsafe posix_spawnattr_setflags(&attributes, Int16(flags))

    var argv = unsafe arguments.map { unsafe strdup($0) } + [nil]
    var envp = unsafe environment.map { unsafe strdup($0) } + [nil]
    defer {
        unsafe argv.forEach { unsafe free($0) }
        unsafe envp.forEach { unsafe free($0) }
    }
    var process: pid_t = 0
    let code = unsafe posix_spawnp(&process, arguments[0], &actions, &attributes, &argv, &envp)
    guard code == 0 else { throw SystemError("starting \(arguments[0])", code: code) }
    return process
}
