internal import AWS
internal import Domain
internal import Glibc
internal import Ledger
internal import Support
internal import Transfer
internal import Worker

/// `lazaret quarantine fetch`: an object's bytes in a ZIP that neither a scanner nor a double click opens.
enum QuarantineFetchCommand {
    /// The password that analysts expect.
    static let password = "infected"

    static let command = Command(
        words: ["quarantine", "fetch"],
        abstract: "Writes a quarantined object into a ZIP, encrypted (AES-256) with the password 'infected'.",
        operands: "JOB",
        flags: [
            .pipelines, .ledger, .spool, .actor, Flag("reason", "TEXT", "why, for the audit trail"),
            Flag("to", "FILE", "the ZIP to write, which must not exist; or - for standard output"),
        ]
    ) { arguments in
        let path = try arguments.required("to")
        let request = try arguments.reviewRequest()
        let ids = try arguments.jobIDs()
        guard ids.count == 1 else { throw CommandFailure(.usage, "`lazaret quarantine fetch` needs one job ID") }
        if path == "-", isatty(STDOUT_FILENO) == 1 {
            throw CommandFailure(.usage, "a quarantined object is not written to a terminal; name a file in --to")
        }
        let pipelines = try arguments.pipelines()
        let ledger = try await openExistingLedger(arguments)
        let context = try await arguments.reviewContext(pipelines, ledger)
        let fetched = await ReviewRunner(context).fetch(ids[0], request)
        await ledger.close()
        switch fetched {
        case .failure(let failure): throw CommandFailure(failure.isFinal ? .badData : .unavailable, failure.text)
        case .success(let object): try write(object, ids[0], to: path)
        }
    }

    private static func write(_ object: ReviewRunner.Fetched, _ job: JobID, to path: String) throws {
        // Before the file is there, so that no signal leaves it behind.
        let isStopped = Locked(false)
        let signals = StopSignals { _ in isStopped.withLock { $0 = true } }
        defer { signals.cancel() }
        let isStandardOutput = path == "-"
        let descriptor =
            isStandardOutput ? dup(STDOUT_FILENO) : unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw CommandFailure(.configuration, "\(SystemError("create \(path)"))")
        }
        defer { close(descriptor) }
        if isatty(descriptor) == 1 {
            throw CommandFailure(.usage, "a quarantined object is not written to a terminal; name a file in --to")
        }
        do {
            let archive = try EncryptedArchive(to: descriptor, password: password)
            try unsafe archive.add(name: "\(job.text).bin", size: object.bytes.size) {
                buffer, offset throws(SystemError) in
                if isStopped.withLock({ $0 }) { throw SystemError("stopped", code: EINTR) }
                return try unsafe object.bytes.spool.read(into: buffer, at: offset)
            }
            try archive.finish()
        } catch {
            if !isStandardOutput { unsafe unlink(path) }
            if isStopped.withLock({ $0 }) {
                throw CommandFailure(.interrupted, "stopped" + (isStandardOutput ? "" : "; nothing was kept"))
            }
            throw CommandFailure(.output, "\(error)")
        }
        let name = isStandardOutput ? "" : " to \(path)"
        printNotice(
            "\(humanBytes(object.bytes.size)) written\(name), SHA-256 \(object.sha256); the password is \(password)")
    }
}
