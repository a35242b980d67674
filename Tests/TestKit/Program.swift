internal import Dispatch
package import Glibc
internal import Support

/// A process that a test started. Its output is collected as it arrives. Its end is awaited on a separate thread, so
/// that no thread of Swift's cooperative pool blocks.
package final class Program: Sendable {
    package enum Ending: Equatable, Sendable {
        case code(CInt)
        case signal(CInt)
    }

    package struct Exit: Sendable {
        package let ending: Ending
        package let standardOutput: String
        package let standardError: String
        /// User and system time of the process and of the children that it waited for.
        package let cpu: Duration
        /// Zero unless `watchingMemory` was set.
        package let memory: MemoryWatch.Peaks

        package var errorLines: [Substring] { standardError.split(separator: "\n") }
    }

    package let processID: pid_t
    /// The lines of standard output and standard error as they arrive, without the newline. Each stream has one reader.
    package let outputLines: AsyncStream<String>
    package let errorLines: AsyncStream<String>

    private let name: String
    private let input: Locked<CInt?>
    private let isReaped: Locked<Bool>
    private let ended = Promise<Exit>()

    /// - Parameters:
    ///   - environment: the whole environment; nothing is inherited, and the EC2 metadata service is disabled.
    ///   - holdingInput: whether standard input is a pipe that stays open until `closeInput` or until this process ends
    ///     for any reason. Otherwise standard input is empty.
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
            // Waits without reaping, so that the process ID is not reused while `send` uses it.
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

    /// Writes to a standard input that is held open. Writes of several tasks are not interleaved. Bytes to a program
    /// that has ended are lost.
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

    /// Returns how the process ended. Kills it at the time limit and throws an error with its standard error.
    package func exit(within limit: Duration) async throws -> Exit {
        let watchdog = Task {
            try await Task.sleep(for: limit)
            send(SIGKILL)
            return true
        }
        let exit = await ended.value
        watchdog.cancel()
        if (try? await watchdog.value) == true {
            throw Overdue(what: "the end of \(name), which wrote:\n\(exit.standardError)\n", limit: limit)
        }
        return exit
    }

    /// Returns the first line of standard error that matches.
    package func errorLine(within limit: Duration, where matches: @escaping @Sendable (String) -> Bool) async throws
        -> String
    {
        try await Self.line(of: errorLines, from: name, within: limit, where: matches)
    }

    /// Returns the first log line on standard error with this message.
    @discardableResult
    package func logged(_ message: String, within limit: Duration = .seconds(60)) async throws -> String {
        let member = "\"message\":\"\(message)\""
        return try await Self.line(of: errorLines, from: name, awaited: "the line \"\(message)\"", within: limit) {
            $0.contains(member)
        }
    }

    /// Returns the first line of standard output that matches.
    package func outputLine(
        within limit: Duration, where matches: @escaping @Sendable (String) -> Bool = { _ in true }
    ) async throws -> String {
        try await Self.line(of: outputLines, from: name, within: limit, where: matches)
    }

    /// Returns the first line of `lines` that matches. An error has the other lines.
    private static func line(
        of lines: AsyncStream<String>, from name: String, awaited: String = "the awaited line", within limit: Duration,
        where matches: @escaping @Sendable (String) -> Bool
    ) async throws -> String {
        let others = Locked<[String]>([])
        func written() -> String { others.withLock { $0.joined(separator: "\n") } }
        do {
            let found: String? = try await TestKit.within(limit, awaited) {
                for await line in lines {
                    if matches(line) { return line }
                    others.withLock { $0.append(line) }
                }
                return nil
            }
            if let found { return found }
        } catch is Overdue {
            throw Overdue(what: "\(awaited) of \(name), which wrote:\n\(written())\n", limit: limit)
        }
        try Task.checkCancellation()
        throw SystemError("\(name) ended without \(awaited), having written:\n\(written())", code: EPIPE)
    }
}

/// Runs `body` with SIGPIPE blocked on this thread: the signal would end all tests without a message.
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
