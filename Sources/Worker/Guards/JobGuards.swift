internal import Domain
internal import Ledger

/// The guards of one attempt at a job. This page is the place that explains them.
///
/// | guard | asserts | held by | from, until |
/// |---|---|---|---|
/// | lease | no other worker receives the message | `LeaseKeeper` | receive, settled |
/// | settlement handle | the record has to be settled | `Assignment` | dispatch, `settle` |
/// | attempt scope | the attempt may go on | `Worker` | dispatch, settled |
/// | job mutex | no other attempt of this worker has the job | `JobRunner` | first step, last step |
/// | claim | no other worker has the job | `ClaimKeeper` and the ledger | `claim`, `finish` or `release` |
/// | promotion order | no other upload of the key is in the way | `JobRunner` | `order`, `copy` |
///
/// They are taken in this order. Mutex, claim and order are waited for; `WaiterLimit` bounds how many attempts of a
/// worker wait for mutex or claim. Losing a guard means:
///
/// - **Lease** (`Intake/Leases`, renewed at half its life): SQS gives the message to another worker. Fetch and scan are
///   cancelled, a move stops before its next change, and the job is released in the ledger.
/// - **Settlement handle** (`Intake/Leases`): it can't be taken away. Dropped without a call it settles as a retry. A
///   message is acknowledged when all its records are done.
/// - **Attempt scope** (`AttemptScope`): the worker interrupts it: lost lease, lost claim, drain, end of grace. A drain
///   ends the waits. The end of the grace cancels fetch and scan, and hands the message back. A move that has begun is
///   finished.
/// - **Job mutex** (`JobMutex`): it can't be taken away.
/// - **Claim** (`ClaimKeeper`, renewed at half its life): another attempt has the job. Fetch and scan are cancelled, a
///   move stops before its next change. The runner asks for the claim again, waits for the other attempt, and learns
///   its outcome.
/// - **Promotion order** (`PromotionOrder`; only if uploads of one key go to one location): it lapses when the claim
///   was unproven for a moment. The ledger is asked again; an upload that was overtaken ends as `superseded`.
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

    /// Throws unless lease and claim are held, before a change of the object. Asks the ledger if the claim is not
    /// proven.
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
