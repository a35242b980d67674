package import Domain
package import Inspection
internal import Intake
package import Judging
internal import Ledger
internal import Support

extension Reconciler {
    /// Does a repair. Each change is in the audit trail before it is made.
    func apply(
        _ repair: RepairAction, to record: JobRecord, _ state: ObjectState?
    ) async throws -> InterruptedMove.Result {
        if case .person(let reason) = repair { return .person(reason) }
        if case .send = repair, let wait = try await recentChange(of: record) { return .left(wait) }
        let hasCopy = state?.hasCopy ?? false
        guard !options.isDryRun else { return .would }
        switch repair {
        case .nothing, .person: return .left("nothing to do")
        case .send: return try await send(record)
        case .finish:
            try await context.ledger.audit(entry(repair, record))
            return try await finish(record, hasCopy: hasCopy)
        case .reopen:
            switch try await context.ledger.reopen(
                record.job.id, if: ReopenCondition(unchangedSince: record), keepingJudgement: true,
                entry(repair, record))
            {
            case .reopened, .open: return try await finish(record, hasCopy: hasCopy)
            case .ended(let kind): return .left("it ended as \(kind.rawValue) meanwhile")
            case .held(let owner, let until): return .left("\(owner) works on it until \(until)")
            case .unknown: return .failed("the ledger does not have the job any more")
            }
        case .deleteSource:
            try await context.ledger.audit(entry(repair, record))
            guard case .there(let written, _) = state?.source,
                try await locator(for: record).deleteSource(written: written)
            else { return .left("the object was written again meanwhile") }
            return .done("the source is deleted")
        }
    }

    private func finish(_ record: JobRecord, hasCopy: Bool) async throws -> InterruptedMove.Result {
        switch await runner(for: record, hasCopy: hasCopy)() {
        case .finished(.failed(let reason, _)): .person(reason)
        case .finished(let outcome), .duplicate(let outcome): .done(outcome.text)
        case .open(let reason), .parked(let reason): .failed(reason)
        case .handedBack: .left("somebody works on it")
        }
    }

    private func send(_ record: JobRecord) async throws -> InterruptedMove.Result {
        guard let sender else { return .left("no queue to send to") }
        try await context.ledger.audit(entry(.send, record))
        if let failure = await sender.send([EventMessage(record.job.event)])[0] { return .failed("\(failure)") }
        return .done("its event was sent again")
    }

    /// Returns what was done about the job so recently that its message may be on its way, so that no second one is
    /// sent.
    private func recentChange(of record: JobRecord) async throws -> String? {
        let bound = context.clocks.wall().advanced(by: .zero - options.olderThan)
        guard let latest = try await context.ledger.auditTrail(of: record.job.id, limit: 1).first, latest.at > bound
        else { return nil }
        return "its event may be on its way (\(latest.action) by \(latest.actor) at \(latest.at))"
    }

    private func entry(_ repair: RepairAction, _ record: JobRecord) -> AuditEntry {
        let object = record.job.object
        return AuditEntry(
            at: context.clocks.wall(), actor: options.actor, action: "reconcile",
            subject: "\(object.location)", job: record.job.id,
            reason: repair.reason)
    }
}

extension Outcome {
    /// `promoted to s3://b/k`, or the outcome's word.
    fileprivate var text: String {
        guard case .settled(_, let disposition, let destination) = self else { return "finished as \(kind.rawValue)" }
        return "finished: \(disposition.rawValue)" + (destination.map { " to \($0.location)" } ?? "")
    }
}

/// A scanner that refuses every object: `lazaret reconcile` inspects nothing.
package struct NoScanner: Inspector {
    package init() {}

    package func identify(
        _ descriptor: CInt, size: Int64, encoding: ContentEncoding?
    ) async throws(ScannerError) -> String { throw refusal }

    package func scan(
        _ descriptor: CInt, size: Int64, limits: ScanLimits, knownType: String?, encoding: ContentEncoding?
    ) async throws(ScannerError) -> ScanReport { throw refusal }

    private var refusal: ScannerError {
        ScannerError(.stopped, "reconcile does not inspect objects", hint: "leave the job to a worker")
    }
}
