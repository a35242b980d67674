internal import Domain
internal import Ledger

/// The guards of one attempt at a job. This page is the place that explains them.
///
/// | guard | says that | held by | from, until | when it is lost |
/// |---|---|---|---|---|
/// | lease (`Intake/Leases`) | no other worker receives the message | `LeaseKeeper`, for the message; renewed at half its life | receipt, until the message is settled | fetch and scan are cancelled, a move stops before its next change, the job is released in the ledger; SQS gives the message to another worker |
/// | settlement handle (`Intake/Leases`) | the record still has to be settled | `Assignment` | dispatch, until `settle` | nothing can take it away; dropped without a call it settles as a retry. The message is acknowledged when all its records are done |
/// | job mutex (`JobMutex`) | no other attempt of this worker is at the job | the runner | start, until the end of the attempt | nothing can take it away |
/// | claim (`ClaimKeeper`) | no other worker is at the job | the ledger; renewed at half its life | granted, until the outcome or the release | fetch and scan are cancelled, a move stops before its next change; the runner then asks for the claim again, waits for the other attempt and learns its outcome |
/// | attempt scope (`AttemptScope`) | the attempt may go on | the worker, which stops it: lost lease, lost claim, drain, end of grace | receipt, until the message is settled | waits end at the drain; fetch and scan are cancelled at the end of the grace, and the message is handed back. A move that has begun is finished |
/// | promotion order (`PromotionOrder`) | no other upload of the key is in the way | the runner, if uploads of one key go to one location | order, until the copy is made | the ledger is asked again as soon as the claim was unproven for a moment; an upload that was overtaken ends as `superseded` |
///
/// They are taken in this order, and released in the reverse order. Mutex and claim are waited for; `WaiterLimit` bounds
/// how many attempts of a worker wait.
struct JobGuards: Sendable {
    let scope: AttemptScope
    private let context: WorkerContext
    private let checkLease: @Sendable () throws -> Void

    init(_ context: WorkerContext, _ scope: AttemptScope, checkLease: @escaping @Sendable () throws -> Void) {
        self.context = context
        self.scope = scope
        self.checkLease = checkLease
    }

    /// - Parameter regardless: whether to wait even if as many attempts wait as may.
    func takeMutex(of job: JobID, _ patience: AttemptScope.Patience, regardless: Bool) async throws {
        if context.mutex.takeIfFree(job) { return }
        try await context.waiters.wait(regardless: regardless) {
            try await scope.run(patience) { try await context.mutex.take(job) }
        }
    }

    /// - Parameter start: when the ledger was asked for the claim, by the keeper's clock.
    func hold(_ claim: ClaimToken, since start: Duration) {
        scope.hold(claim)
        context.claims.keep(claim, since: start) { [scope] in scope.lose(claim) }
    }

    func drop(_ claim: ClaimToken) {
        context.claims.drop(claim)
        scope.hold(nil)
    }

    /// Throws if lease or claim are known to be lost. Sends no request.
    func check() throws {
        try checkLease()
        if scope.interruption(.untilStopped) == .claimLost { throw Interruption.claimLost }
    }

    /// Throws unless lease and claim are held, before a change of the object. Asks the ledger if the claim is not proven.
    func confirm(_ claim: ClaimToken) async throws {
        if !context.claims.isProven(claim) {
            try await scope.run { try await context.claims.confirm(claim) }
        }
        try checkLease()
    }

    /// Throws `Overtaken` if a newer upload may have been copied to the destination by now.
    func confirm(_ order: PromotionOrder?, _ claim: ClaimToken) async throws {
        guard let order, !order.isConfirmed else { return }
        // The claim first: uploads that ask from now on wait for this one.
        try await confirm(claim)
        try await scope.run(.untilDraining) { try await order.wait() }
    }
}
