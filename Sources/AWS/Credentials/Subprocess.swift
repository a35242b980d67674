internal import CShims
internal import Glibc
internal import Support

/// Runs an external program to its end, within limits of time and output.
enum Subprocess {
    struct Limits: Sendable {
        var time = Duration.seconds(60)
        /// The maximum size of standard output, in bytes. Of standard error, the first 4 KiB are kept.
        var output = 64 << 10
        /// Measures `time`.
        var clock = MonotonicClock(ContinuousClock())
    }

    struct ExecutionRecord: Sendable {
        enum TerminationStatus: Sendable, Equatable {
            case exited(CInt)
            case signalled(CInt)
            case timedOut
            case outputTooLarge
        }

        let terminationStatus: TerminationStatus
        let output: [UInt8]
        let errors: [UInt8]
    }

    /// Waits for programs on its own thread, so that no thread of Swift's cooperative pool blocks.
    actor Runner {
        static let shared = Runner()
        private let executor = BlockingExecutor("credential process")
        nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

        func run(
            _ words: [String], environment: [String: String], limits: Limits
        ) throws(SystemError) -> ExecutionRecord {
            try Subprocess.run(words, environment: environment, limits: limits)
        }
    }

    /// Starts the program, which is searched in this process's `PATH` unless its name has a slash, and waits for its
    /// end. It gets no input, none of this process's descriptors, default signal handling, and its own process group,
    /// all of which is killed if a limit is hit. Blocks.
    private static func run(
        _ words: [String], environment: [String: String], limits: Limits
    ) throws(SystemError) -> ExecutionRecord {
        let deadline = limits.clock.now + limits.time
        let output = try Pipe()
        let errors = try Pipe()
        let process = try spawnProcess(
            words, environment: environment.map { "\($0.key)=\($0.value)" },
            descriptors: [nil, output.writing, errors.writing])
        output.closeWriting()
        errors.closeWriting()
        let ended = Descriptor(owning: lz_process_end(process))
        let limitHit =
            ended.number < 0
            ? .timedOut
            : readUntilEnd(
                ended.number, output: output, errors: errors, limits: limits, deadline: deadline)
        if limitHit != nil {
            kill(-process, SIGKILL)
            kill(process, SIGKILL)
        }
        var status: CInt = 0
        while unsafe waitpid(process, &status, 0) < 0 && errno == EINTR {}
        let signal = status & 0x7F
        return ExecutionRecord(
            terminationStatus: limitHit ?? (signal == 0 ? .exited((status >> 8) & 0xFF) : .signalled(signal)),
            output: output.bytes, errors: errors.bytes)
    }

    /// Reads until the program has ended. Returns the limit that it hit, if any.
    private static func readUntilEnd(
        _ ended: CInt, output: Pipe, errors: Pipe, limits: Limits, deadline: Duration
    ) -> ExecutionRecord.TerminationStatus? {
        while true {
            let left = deadline - limits.clock.now
            if left <= .zero { return .timedOut }
            let milliseconds = left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000
            // poll ignores negative descriptors.
            var polled = [output.reading, errors.reading, ended].map { descriptor in
                pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            }
            guard unsafe poll(&polled, nfds_t(polled.count), CInt(clamping: milliseconds + 1)) > 0 else { continue }
            output.read(keeping: limits.output + 1)
            errors.read(keeping: 4 << 10)
            if output.bytes.count > limits.output { return .outputTooLarge }
            // Its children may live on and hold the pipes open. Its own output has been read: its end was polled before
            // that.
            if polled[2].revents != 0 { return nil }
        }
    }
}

/// A pipe from the program to this process.
private final class Pipe {
    /// Negative after the end was read.
    private(set) var reading: CInt
    private(set) var writing: CInt
    private(set) var bytes: [UInt8] = []

    init() throws(SystemError) {
        var ends: [CInt] = [-1, -1]
        guard unsafe lz_pipe(&ends) == 0 else { throw SystemError("pipe") }
        (reading, writing) = (ends[0], ends[1])
        // The program's end blocks, as programs expect of their output.
        _ = fcntl(writing, F_SETFL, 0)
    }

    deinit {
        if reading >= 0 { close(reading) }
        closeWriting()
    }

    func closeWriting() {
        if writing >= 0 { close(writing) }
        writing = -1
    }

    /// Reads what is available. Bytes beyond `limit` are discarded.
    func read(keeping limit: Int) {
        guard reading >= 0 else { return }
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        // Bounded, so that the caller can check a program that never stops writing.
        for _ in 1...64 {
            let count = unsafe Glibc.read(reading, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN { return }
            guard count > 0 else {
                close(reading)
                reading = -1
                return
            }
            bytes.append(contentsOf: buffer[..<min(count, max(0, limit - bytes.count))])
        }
    }
}
