import Foundation
import Glibc
import Support

/// A program that a test starts and ends. It is in the process group of the tests, so a signal to the group ends it
/// too.
package final class HelperProcess: Sendable {
    private let process: pid_t
    private let output: CInt
    private let isOver = Locked(false)

    /// The path of a program in the virtual environment that `make setup` creates in the project's folder.
    package static func venv(_ name: String) -> String { Project.root + "/.venv/bin/" + name }

    /// Starts the program, searched in `PATH` if its name has no slash. Its standard error is merged into its standard
    /// output.
    package init(_ program: String, _ arguments: [String], environment: [String: String] = [:]) throws {
        var ends: [CInt] = [-1, -1]
        let kind = CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw SystemError("socketpair") }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 2)

        // The threads that run Swift's tasks block signals. A child that inherits this is not ended by SIGTERM.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var noSignals = sigset_t()
        sigemptyset(&noSignals)
        posix_spawnattr_setsigmask(&attributes, &noSignals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))

        let whole = withoutInstanceMetadata(ProcessInfo.processInfo.environment.merging(environment) { $1 })
        let variables = whole.map { "\($0)=\($1)" }
        var child: pid_t = 0
        let code = withCStrings([program] + arguments) { arguments in
            withCStrings(variables) { variables in
                posix_spawnp(&child, program, &actions, &attributes, arguments, variables)
            }
        }
        close(ends[1])
        guard code == 0 else {
            close(ends[0])
            throw SystemError("start \(program)", code: code)
        }
        process = child
        output = ends[0]
    }

    deinit {
        end()
        close(output)
    }

    /// The rest of the output, up to the end of the program.
    package func wholeOutput() async -> String {
        await onThread { helper in
            var whole: [UInt8] = []
            while let byte = helper.nextByte() { whole.append(byte) }
            return String(decoding: whole, as: UTF8.self)
        }
    }

    /// Reads lines until one contains `text` and returns that line, or nil if the program ended first.
    package func line(containing text: String) async -> String? {
        await onThread { helper in
            var line: [UInt8] = []
            while let byte = helper.nextByte() {
                if byte != 0x0A {
                    line.append(byte)
                    continue
                }
                let whole = String(decoding: line, as: UTF8.self)
                if whole.contains(text) { return whole }
                line = []
            }
            return nil
        }
    }

    /// Ends the program if it still runs, and waits for its end.
    package func end() {
        let wasOver = isOver.withLock { isOver in
            defer { isOver = true }
            return isOver
        }
        guard !wasOver else { return }
        kill(process, SIGTERM)
        var status: CInt = 0
        while waitpid(process, &status, 0) < 0 && errno == EINTR {}
    }

    private func nextByte() -> UInt8? {
        var byte: UInt8 = 0
        while true {
            let count = read(output, &byte, 1)
            if count < 0 && errno == EINTR { continue }
            return count == 1 ? byte : nil
        }
    }

    private func onThread<Answer: Sendable>(_ body: @escaping @Sendable (HelperProcess) -> Answer) async -> Answer {
        await withCheckedContinuation { waiter in Thread.detachNewThread { waiter.resume(returning: body(self)) } }
    }
}

private func withCStrings<Result>(
    _ texts: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
    let copies = texts.map { strdup($0) } + [nil]
    defer { for copy in copies { free(copy) } }
    return copies.withUnsafeBufferPointer { body($0.baseAddress!) }
}
