internal import Foundation
internal import Glibc
internal import Support

/// Both ends of a pipe, closed on exec.
struct PipeEnds: ~Copyable {
    var reading: Descriptor
    var writing: Descriptor

    init() throws {
        var ends: [CInt] = [-1, -1]
        guard pipe(&ends) == 0 else { throw SystemError("pipe") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        reading = Descriptor(owning: ends[0])
        writing = Descriptor(owning: ends[1])
    }
}

/// Starts a process with these three descriptors as its standard streams and no others, with default signal handling
/// and no signal blocked.
func spawn(
    _ executable: String, _ arguments: [String], environment: [String: String], directory: String?,
    input: CInt, output: CInt, error: CInt
) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
        posix_spawn_file_actions_destroy(&actions)
        posix_spawnattr_destroy(&attributes)
    }
    for (number, descriptor) in [input, output, error].enumerated() {
        posix_spawn_file_actions_adddup2(&actions, descriptor, CInt(number))
    }
    // Every other open descriptor, close-on-exec or not. Closing one that is already closed is harmless.
    for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? [] {
        if let number = CInt(name), number > 2 { posix_spawn_file_actions_addclose(&actions, number) }
    }

    var none = sigset_t(), all = sigset_t()
    sigemptyset(&none)
    sigfillset(&all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

    // `env` changes the folder and executes the program in the same process.
    let command = directory.map { ["/usr/bin/env", "--chdir=\($0)", executable] } ?? [executable]
    var words = (command + arguments).map { strdup($0) } + [nil]
    var settings = withoutInstanceMetadata(environment).map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for text in words + settings { free(text) } }
    var processID: pid_t = 0
    let code = posix_spawn(&processID, command[0], &actions, &attributes, &words, &settings)
    guard code == 0 else { throw SystemError("starting \(executable)", code: code) }
    return processID
}

/// Returns the environment with the EC2 metadata service disabled, unless a test sets a local endpoint for it. A
/// program without credentials would query the service and, on an EC2 instance, use the instance's role.
package func withoutInstanceMetadata(_ environment: [String: String]) -> [String: String] {
    var closed = environment
    if environment["AWS_EC2_METADATA_SERVICE_ENDPOINT"]?.hasPrefix("http://127.0.0.1:") != true {
        closed["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = nil
        closed["AWS_EC2_METADATA_DISABLED"] = "true"
    }
    return closed
}

extension timeval {
    var duration: Duration { .seconds(tv_sec) + .microseconds(tv_usec) }
}
