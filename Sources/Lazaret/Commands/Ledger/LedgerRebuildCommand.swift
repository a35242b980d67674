internal import AWS
internal import Domain
internal import Ledger
internal import Support
internal import Transfer

/// `lazaret ledger rebuild`: restores jobs from the metadata of quarantined objects.
enum LedgerRebuildCommand {
    static let command = Command(
        words: ["ledger", "rebuild"],
        abstract: "Restores the jobs of quarantined objects that a lost ledger had, from the objects' metadata.",
        operands: "s3://BUCKET/PREFIX...",
        flags: [.ledger, .actor, Flag("dry-run", "print what would be restored, and change nothing")]
    ) { arguments in
        let sources = try arguments.operands.map(Arguments.place)
        guard !sources.isEmpty else {
            throw CommandFailure(
                .usage, "`lazaret ledger rebuild` needs a quarantine: s3://BUCKET or s3://BUCKET/PREFIX")
        }
        let cloud = try await Cloud(arguments, queueURL: "")
        // A lost ledger is created here, so that a worker need not run first.
        let url = try arguments.required("ledger")
        let ledger = try await readLedger { () async throws(LedgerError) in
            try await openLedger(at: url, log: Log(threshold: .warning))
        }
        let rebuild = LedgerRebuild(
            s3: cloud.s3, ledger: ledger, actor: arguments.text("actor") ?? actorName(),
            isDryRun: arguments.isSet("dry-run"))
        let (work, signals) = StopSignals.cancelling {
            for source in sources { try await rebuild.run(source.bucket, below: source.prefix) }
        }
        defer { signals.cancel() }
        let result = await work.result
        await ledger.close()
        printNotice(rebuild.summary)
        if case .failure(let error) = result {
            if error is CancellationError {
                throw CommandFailure(.interrupted, "stopped before the end; run it again for the rest")
            }
            throw (error as? CommandFailure) ?? (error as? LedgerError).map(failure(of:)) ?? cloud.failure(error)
        }
    }
}
