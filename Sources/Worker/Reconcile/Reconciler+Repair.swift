package import Domain
package import Inspection
internal import Intake
internal import Ledger
internal import Support

extension Reconciler {
    /// Does what was found to help; each change is in the audit trail before it is made.
    func apply(_ remedy: RepairAction, to record: JobRecord) async throws -> InterruptedMove.Result {
        if case .person(let reason) = remedy { return .person(reason) }
        if case .send = remedy, let wait = try await recentChange(of: record) { return .left(wait) }
        guard !options.isDryRun else { return .would }
        switch remedy {
        case .nothing, .person: return .left("nothing is done")
        case .send: return try await send(record)
        case .finish:
            try await parts.ledger.audit(entry(remedy, record))
            return try await finish(record)
        case .finishAnew:
            switch try await parts.ledger.reopen(
                record.job.id, if: ReopenCondition(unchangedSince: record), keepingJudgement: true,
                entry(remedy, record))
            {
            case .reopened, .open: return try await finish(record)
            case .ended(let kind): return .left("it has ended as \(kind.rawValue) meanwhile")
            case .held(let owner, let until): return .left("\(owner) works on it until \(until)")
            case .unknown: return .failed("the ledger has no such job any more")
            }
        case .deleteSource:
            try await parts.ledger.audit(entry(remedy, record))
            try await run(of: record).deleteSource()
            return .done("the source is deleted")
        }
    }

    private func finish(_ record: JobRecord) async throws -> InterruptedMove.Result {
        switch await run(of: record)() {
        case .finished(.failed(let reason, _)): .person(reason)
        case .finished(let outcome), .duplicate(let outcome): .done(outcome.told)
        case .open(let reason): .failed(reason)
        case .handedBack: .left("somebody works on it")
        }
    }

    private func send(_ record: JobRecord) async throws -> InterruptedMove.Result {
        guard let sender else { return .left("there is no queue to send to") }
        try await parts.ledger.audit(entry(.send, record))
        if let failure = await sender.send([EventMessage(record.job.event)])[0] { return .failed("\(failure)") }
        return .done("its event was sent again")
    }

    /// What was done about the job so lately that its message may be on its way: no second one is sent then.
    private func recentChange(of record: JobRecord) async throws -> String? {
        let bound = Timestamp.now().advanced(by: .zero - options.olderThan)
        guard let latest = try await parts.ledger.auditTrail(of: record.job.id, limit: 1).first, latest.at > bound
        else { return nil }
        return "its event may be on its way (\(latest.action) by \(latest.actor) at \(latest.at))"
    }

    private func entry(_ remedy: RepairAction, _ record: JobRecord) -> AuditEntry {
        let object = record.job.object
        return AuditEntry(
            at: .now(), actor: options.actor, action: "reconcile",
            subject: "\(ObjectLocation(bucket: object.bucket, key: object.key))", job: record.job.id,
            reason: remedy.reason)
    }
}

extension Outcome {
    /// `promoted to s3://b/k`, or the outcome's word.
    fileprivate var told: String {
        guard case .settled(_, let disposition, let destination) = self else { return "finished as \(kind.rawValue)" }
        return "finished: \(disposition.rawValue)" + (destination.map { " to \($0.location)" } ?? "")
    }
}

/// A scanner that a job without a judgement would ask for. What finishes half-moves has none.
package struct NoScanner: Inspector {
    package init() {}

    package func identify(_ descriptor: CInt, size: Int64) async throws(ScannerError) -> String { throw refusal }

    package func scan(
        _ descriptor: CInt, size: Int64, limits: ScanLimits, knownType: String?
    ) async throws(ScannerError) -> ScanReport { throw refusal }

    private var refusal: ScannerError {
        ScannerError(.stopped, "nothing is inspected here", hint: "leave the job to a worker")
    }
}
