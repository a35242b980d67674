package import Ledger
package import Pipelines
package import Support
package import Transfer

/// Everything that the jobs of one worker share.
package struct WorkerContext: StoreContext, Sendable {
    /// Names the worker in the ledger.
    package let worker: String
    package let pipelines: PipelineSet
    package let ledger: any Ledger
    package internal(set) var fetch: RangedFetch
    package internal(set) var mover: ObjectMover
    let others: [String: StoreAccess]
    package let inspection: ObjectInspection
    package let claims: ClaimKeeper
    package let mutex = JobMutex()
    package let waiters: WaiterLimit
    /// The folder that scanners unpack under. Nil if its free space is not watched.
    package let scratch: SpoolFolder?
    /// Distinguishes failures of S3 from those of an object. Nil if each failure counts against its object.
    package let outages: StoreOutages?
    /// Called after notices were written.
    let onNotices: @Sendable () -> Void
    package let clocks: Clocks

    /// - Parameters:
    ///   - others: for the pipelines that do not use their buckets as the worker, by name.
    ///   - maxWaiters: how many attempts may wait for other attempts at once.
    package init(
        worker: String, pipelines: PipelineSet, ledger: any Ledger, fetch: RangedFetch, mover: ObjectMover,
        others: [String: StoreAccess] = [:], inspection: ObjectInspection, claims: ClaimKeeper,
        scratch: SpoolFolder? = nil, outages: StoreOutages? = nil, maxWaiters: Int = 8,
        onNotices: @escaping @Sendable () -> Void = {}, clocks: Clocks = .system
    ) {
        self.worker = worker
        self.pipelines = pipelines
        self.ledger = ledger
        self.fetch = fetch
        self.mover = mover
        self.others = others
        self.inspection = inspection
        self.claims = claims
        self.scratch = scratch
        self.outages = outages
        self.onNotices = onNotices
        self.clocks = clocks
        waiters = WaiterLimit(max: maxWaiters)
    }
}
