internal import CShims
internal import Glibc
internal import Support

/// A program of somebody else's, run to its end in bounds.
enum Subprocess {
    struct Limits: Sendable {
        var time = Duration.seconds(60)
        /// In bytes, of standard output. Of standard error the first 4 KiB are kept.
        var output = 64 << 10
    }

    struct End: Sendable {
        enum How: Sendable, Equatable {
            case code(CInt)
            case signal(CInt)
            case overdue
            case outputTooLarge
        }

        let how: How
        let output: [UInt8]
        let errors: [UInt8]
    }

    /// Waits for programs, so that no thread of Swift's cooperative pool does.
    actor Lane {
        static let shared = Lane()
        private let lane = BlockingExecutor("credential process")
        nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe lane.asUnownedSerialExecutor() }

        func run(_ words: [String], environment: [String: String], limits: Limits) throws(SystemError) -> End {
            try Subprocess.run(words, environment: environment, limits: limits)
        }
    }

    /// Starts the program, found along this process's `PATH` where it has no slash: nothing to read, none of our descriptors, the signals
    /// as the system sets them, a process group of its own, which is killed whole where a limit is hit. Blocks.
    private static func run(
        _ words: [String], environment: [String: String], limits: Limits
    ) throws(SystemError) -> End {
        let output = try Pipe()
        let errors = try Pipe()
        let process = try spawnApart(
            words, environment: environment.map { "\($0.key)=\($0.value)" },
            descriptors: [nil, output.writing, errors.writing])
        output.closeWriting()
        errors.closeWriting()
        let ended = Descriptor(owning: lz_process_end(process))
        let cut = ended.number < 0 ? .overdue : watch(ended.number, output, errors, limits)
        if cut != nil {
            kill(-process, SIGKILL)
            kill(process, SIGKILL)
        }
        var status: CInt = 0
        while unsafe waitpid(process, &status, 0) < 0 && errno == EINTR {}
        let signal = status & 0x7F
        return End(
            how: cut ?? (signal == 0 ? .code((status >> 8) & 0xFF) : .signal(signal)), output: output.bytes,
            errors: errors.bytes)
    }

    /// Reads until the program has ended; gives the limit that it hit, where it did.
    private static func watch(_ ended: CInt, _ output: Pipe, _ errors: Pipe, _ limits: Limits) -> End.How? {
        let deadline = ContinuousClock.now + limits.time
        while true {
            let left = deadline - ContinuousClock.now
            if left <= .zero { return .overdue }
            let milliseconds = left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000
            // A descriptor below zero is passed over.
            var polled = [output.reading, errors.reading, ended].map { descriptor in
                pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            }
            guard unsafe poll(&polled, nfds_t(polled.count), CInt(clamping: milliseconds + 1)) > 0 else { continue }
            output.read(keeping: limits.output + 1)
            errors.read(keeping: 4 << 10)
            if output.bytes.count > limits.output { return .outputTooLarge }
            // What it started may live on and hold the pipes open; what it said itself has been read, since its end was seen first.
            if polled[2].revents != 0 { return nil }
        }
    }
}

/// A pipe from a program to us.
private final class Pipe {
    /// Below zero once all was read.
    private(set) var reading: CInt
    private(set) var writing: CInt
    private(set) var bytes: [UInt8] = []

    init() throws(SystemError) {
        var ends: [CInt] = [-1, -1]
        guard unsafe lz_pipe(&ends) == 0 else { throw SystemError("pipe") }
        (reading, writing) = (ends[0], ends[1])
        // The program's end waits, as programs expect of their output.
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

    /// Reads what is there, to the end or until no more is; what goes beyond `limit` is thrown away.
    func read(keeping limit: Int) {
        guard reading >= 0 else { return }
        var room = [UInt8](repeating: 0, count: 16 << 10)
        // In bounds, so that a program that never stops talking is looked at in between.
        for _ in 1...64 {
            let count = unsafe Glibc.read(reading, &room, room.count)
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN { return }
            guard count > 0 else {
                close(reading)
                reading = -1
                return
            }
            bytes.append(contentsOf: room[..<min(count, max(0, limit - bytes.count))])
        }
    }
}
