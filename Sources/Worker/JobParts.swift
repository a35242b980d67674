package import Domain
package import Ledger
package import Pipelines
package import Support
package import Transfer

extension JobRun {
    /// What the jobs of a worker share.
    package struct Parts: Sendable {
        package let worker: String
        package let pipelines: PipelineSet
        package let ledger: any Ledger
        package let fetch: RangedFetch
        package let mover: ObjectMover
        package let examination: ObjectInspection
        package let claims: ClaimKeeper
        package let turns = JobMutex()
        package let waitingRoom: WaiterLimit
        /// The folder that scanners unpack under, where its room is waited for.
        package let scratch: SpoolFolder?
        let timeline: MonotonicClock
        let wallClock: @Sendable () -> Timestamp

        /// - Parameters:
        ///   - mostWaiting: how many attempts may wait for others at once.
        ///   - timeline: what waits are measured by.
        package init(
            worker: String, pipelines: PipelineSet, ledger: any Ledger, fetch: RangedFetch, mover: ObjectMover,
            examination: ObjectInspection, claims: ClaimKeeper, scratch: SpoolFolder? = nil, mostWaiting: Int = 8,
            timeline: MonotonicClock = MonotonicClock(ContinuousClock()),
            wallClock: @escaping @Sendable () -> Timestamp = { .now() }
        ) {
            self.worker = worker
            self.pipelines = pipelines
            self.ledger = ledger
            self.fetch = fetch
            self.mover = mover
            self.examination = examination
            self.claims = claims
            self.scratch = scratch
            self.timeline = timeline
            self.wallClock = wallClock
            waitingRoom = WaiterLimit(places: mostWaiting)
        }
    }
}
