internal import Dispatch
package import Glibc
internal import Support

/// A process that a test started. Its output is collected as it comes; its end is awaited on a thread of its own, so that
/// no thread of Swift's cooperative pool waits.
package final class Program: Sendable {
    package enum Ending: Equatable, Sendable {
        case code(CInt)
        case signal(CInt)
    }

    package struct Exit: Sendable {
        package let ending: Ending
        package let standardOutput: String
        package let standardError: String
        /// User and system time of the process and of the children it waited for.
        package let cpu: Duration
        /// Where `watchingMemory` was asked for, else empty.
        package let memory: MemoryWatch.Peaks

        package var errorLines: [Substring] { standardError.split(separator: "\n") }
    }

    package let processID: pid_t
    /// Lines of standard output and standard error as they come, newline left off. Each stream is for one reader.
    package let outputLines: AsyncStream<String>
    package let errorLines: AsyncStream<String>

    private let name: String
    private let input: Locked<CInt?>
    private let isReaped: Locked<Bool>
    private let ended = Promise<Exit>()

    /// - Parameters:
    ///   - environment: all of it; nothing is inherited, and the EC2 metadata service is out of reach.
    ///   - holdingInput: standard input is a pipe that stays open until `closeInput` or until this process ends, however
    ///     it ends; without it, standard input is empty.
    package init(
        _ executable: String, _ arguments: [String], environment: [String: String], directory: String? = nil,
        holdingInput: Bool = false, watchingMemory: Bool = false
    ) throws {
        let output = try PipeEnds(), error = try PipeEnds(), fed = try PipeEnds()
        processID = try spawn(
            executable, arguments, environment: environment, directory: directory,
            input: fed.reading.number, output: output.writing.number, error: error.writing.number)
        name = executable.split(separator: "/").last.map(String.init) ?? executable
        input = Locked(holdingInput ? fed.writing.release() : nil)
        isReaped = Locked(false)

        let outputCollector = LineCollector(output.reading.release(), label: "\(name) output")
        let errorCollector = LineCollector(error.reading.release(), label: "\(name) error")
        (outputLines, errorLines) = (outputCollector.lines, errorCollector.lines)
        let memory = watchingMemory ? MemoryWatch(of: processID) : nil
        DispatchQueue(label: "\(name) end").async { [self] in
            var end = siginfo_t()
            // Waits without reaping, so that the process id can't be another's while `send` uses it.
            while waitid(P_PID, id_t(processID), &end, WEXITED | WNOWAIT) != 0 && errno == EINTR {}
            let peaks = memory?.finish() ?? .init()
            var status: CInt = 0
            var usage = rusage()
            isReaped.withLock { reaped in
                wait4(processID, &status, 0, &usage)
                reaped = true
            }
            let signal = status & 0x7F
            ended.keep(
                Exit(
                    ending: signal == 0 ? .code((status >> 8) & 0xFF) : .signal(signal),
                    standardOutput: outputCollector.finish(), standardError: errorCollector.finish(),
                    cpu: usage.ru_utime.duration + usage.ru_stime.duration, memory: peaks))
        }
    }

    deinit { closeInput() }

    /// Sends a signal; does nothing once the process has ended.
    package func send(_ signal: CInt) {
        isReaped.withLock { reaped in
            if !reaped { kill(processID, signal) }
        }
    }

    /// Writes to a standard input that is held open, all of it before what another task writes; what a program that has
    /// ended can't read is lost.
    package func write(_ bytes: [UInt8]) {
        input.withLock { input in
            if let input { withoutBrokenPipes { Support.write(bytes, to: input) } }
        }
    }

    package func closeInput() {
        let open: CInt? = input.withLock { input in
            defer { input = nil }
            return input
        }
        if let open { close(open) }
    }

    /// How the process ended. One that has not ended in time is killed, and what it had said is in the error.
    package func exit(within limit: Duration) async throws -> Exit {
        let guardian = Task {
            try await Task.sleep(for: limit)
            send(SIGKILL)
            return true
        }
        let exit = await ended.value
        guardian.cancel()
        if (try? await guardian.value) == true {
            throw Overdue(what: "the end of \(name), which said:\n\(exit.standardError)\n", limit: limit)
        }
        return exit
    }

    /// The first line of standard error that fits.
    package func errorLine(within limit: Duration, where fits: @escaping @Sendable (String) -> Bool) async throws
        -> String
    {
        try await Self.line(of: errorLines, from: name, within: limit, where: fits)
    }

    /// The first line of the log, on standard error, with this message.
    @discardableResult
    package func logged(_ message: String, within limit: Duration = .seconds(60)) async throws -> String {
        let member = "\"message\":\"\(message)\""
        return try await Self.line(of: errorLines, from: name, awaited: "the line \"\(message)\"", within: limit) {
            $0.contains(member)
        }
    }

    /// The first line of standard output that fits.
    package func outputLine(
        within limit: Duration, where fits: @escaping @Sendable (String) -> Bool = { _ in true }
    ) async throws -> String {
        try await Self.line(of: outputLines, from: name, within: limit, where: fits)
    }

    /// The first line of `lines` that fits. The lines that did not are in the error.
    private static func line(
        of lines: AsyncStream<String>, from name: String, awaited: String = "the awaited line", within limit: Duration,
        where fits: @escaping @Sendable (String) -> Bool
    ) async throws -> String {
        let others = Locked<[String]>([])
        func said() -> String { others.withLock { $0.joined(separator: "\n") } }
        do {
            let found: String? = try await TestKit.within(limit, awaited) {
                for await line in lines {
                    if fits(line) { return line }
                    others.withLock { $0.append(line) }
                }
                return nil
            }
            if let found { return found }
        } catch is Overdue {
            throw Overdue(what: "\(awaited) of \(name), which said:\n\(said())\n", limit: limit)
        }
        try Task.checkCancellation()
        throw SystemError("\(name) ended without \(awaited), having said:\n\(said())", code: EPIPE)
    }
}

/// Keeps the signal of a pipe that nobody reads, which would end all tests without a word, from this thread.
private func withoutBrokenPipes(_ body: () -> Void) {
    var brokenPipe = sigset_t(), before = sigset_t()
    sigemptyset(&brokenPipe)
    sigaddset(&brokenPipe, SIGPIPE)
    pthread_sigmask(SIG_BLOCK, &brokenPipe, &before)
    body()
    var noTime = timespec()
    while sigtimedwait(&brokenPipe, nil, &noTime) == SIGPIPE {}
    pthread_sigmask(SIG_SETMASK, &before, nil)
}
