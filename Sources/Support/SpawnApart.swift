import CShims
import Glibc

/// Starts a program that has nothing of ours: no descriptors but those it is given, no environment but this one, the signals as the
/// system sets them, and a process group of its own, so that the keys of a terminal do not reach it and it can be killed with all that
/// it started.
///
/// - Parameters:
///   - words: the program, found along this process's `PATH` where it has no slash, and its arguments.
///   - environment: `NAME=value` each.
///   - descriptors: what the program has as 0, 1, 2 and so on; `/dev/null` where nil.
/// - Returns: the process.
/// - Throws: also where the program is not there or cannot be run.
package func spawnApart(
    _ words: [String], environment: [String], descriptors: [CInt?]
) throws(SystemError) -> CInt {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe _ = posix_spawn_file_actions_destroy(&actions) }
    // A descriptor that stands where another one will is copied out of the way first, before anything is put in its place.
    var sources = descriptors
    var spare = CInt(descriptors.count)
    for case (let place, let source?) in descriptors.enumerated()
    where source < descriptors.count && source != place {
        while sources.contains(spare) { spare += 1 }
        unsafe posix_spawn_file_actions_adddup2(&actions, source, spare)
        sources[place] = spare
    }
    for (place, source) in sources.enumerated() {
        let place = CInt(place)
        if let source {
            // Put in its own place, it is no longer closed by exec. One that is not open, as a standard stream may be, stays so.
            if source == place, fcntl(source, F_GETFD) < 0 { continue }
            unsafe posix_spawn_file_actions_adddup2(&actions, source, place)
        } else {
            unsafe posix_spawn_file_actions_addopen(
                &actions, place, "/dev/null", place == 0 ? O_RDONLY : O_WRONLY, 0)
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

    var arguments = unsafe words.map { unsafe strdup($0) } + [nil]
    var settings = unsafe environment.map { unsafe strdup($0) } + [nil]
    defer {
        unsafe arguments.forEach { unsafe free($0) }
        unsafe settings.forEach { unsafe free($0) }
    }
    var process: pid_t = 0
    let code = unsafe posix_spawnp(&process, words[0], &actions, &attributes, &arguments, &settings)
    guard code == 0 else { throw SystemError("starting \(words[0])", code: code) }
    return process
}
