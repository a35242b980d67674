package import AWS
internal import Domain
package import Intake
package import Ledger
package import Pipelines
package import Support

/// Sends events for the objects that a bucket holds and that had no event.
///
/// An event that was sent and not yet worked on is not in the ledger, so a second run sends it again. Such duplicates
/// do no harm.
package struct Backfill: Sendable {
    /// What was done about one object.
    package struct Entry: Sendable {
        package let object: ListedObject
        package let step: BackfillStep
        /// Why its message was not sent.
        package let failure: SQSBatchFailure?
    }

    private let bucket: String
    private let times: TimeSpan
    private let pipelines: PipelineSet
    private let ledger: any Ledger
    private let sender: EventSender?
    private let actor: String
    private let clocks: Clocks

    /// - Parameters:
    ///   - sender: nil for a dry run.
    ///   - actor: the person or program that asks, for the audit trail.
    package init(
        of bucket: String, times: TimeSpan, pipelines: PipelineSet, ledger: any Ledger, sender: EventSender?,
        actor: String, clocks: Clocks = .system
    ) {
        self.bucket = bucket
        self.times = times
        self.pipelines = pipelines
        self.ledger = ledger
        self.sender = sender
        self.actor = actor
        self.clocks = clocks
    }

    /// Decides about some objects and sends the events of those that need one.
    ///
    /// - Returns: an entry for each object, in the same order.
    package func callAsFunction(_ objects: [ListedObject]) async throws(LedgerError) -> [Entry] {
        let known = try await knownJobs(of: objects)
        var steps = objects.indices.map {
            BackfillStep(objects[$0], in: bucket, isTaken: isTaken(objects[$0]), times: times, known: known[$0])
        }
        guard let sender else {
            return zip(objects, steps).map { Entry(object: $0, step: $1, failure: nil) }
        }
        var indices: [Int] = []
        var messages: [EventMessage] = []
        for index in steps.indices {
            guard case .send(let event, let isRepeat) = steps[index] else { continue }
            if isRepeat, let reason = try await reopen(event, after: known[index]) {
                steps[index] = .leave(reason)
                continue
            }
            indices.append(index)
            messages.append(EventMessage(event))
        }
        var failures: [SQSBatchFailure?] = Array(repeating: nil, count: objects.count)
        for (index, failure) in zip(indices, await send(messages, by: sender)) { failures[index] = failure }
        return objects.indices.map { Entry(object: objects[$0], step: steps[$0], failure: failures[$0]) }
    }

    private func isTaken(_ object: ListedObject) -> Bool { pipelines.pipeline(for: bucket, key: object.key) != nil }

    /// The latest job of each object that a pipeline takes.
    private func knownJobs(of objects: [ListedObject]) async throws(LedgerError) -> [JobRecord?] {
        let asked = objects.indices.filter { isTaken(objects[$0]) }
        let known = try await ledger.latestJobs(of: asked.map { Event(of: objects[$0], in: bucket).object })
        var jobs: [JobRecord?] = Array(repeating: nil, count: objects.count)
        for (index, job) in zip(asked, known) { jobs[index] = job }
        return jobs
    }

    /// Opens again the job of an earlier upload of the same bytes, if its name is the same as this one's.
    ///
    /// - Returns: why no event is sent; nil if it is.
    private func reopen(_ event: Event, after known: JobRecord?) async throws(LedgerError) -> BackfillStep.Reason? {
        let job = Job(of: event)
        let entry = AuditEntry(
            at: clocks.wall(), actor: actor, action: "backfill",
            subject: "\(ObjectLocation(bucket: bucket, key: event.object.key))", job: job.id,
            reason: "the same bytes were uploaded again after the job had ended")
        // Another job of the same version does not say how this one ended.
        let condition = known?.job.id == job.id ? ReopenCondition(unchangedSince: known) : .always
        switch try await ledger.reopen(job.id, if: condition, keepingJudgement: false, entry) {
        case .held: return .open
        case .ended(let kind): return .ended(kind)
        case .reopened, .open, .unknown: return nil
        }
    }

    /// Sends in a few concurrent streams, each in order.
    private func send(_ messages: [EventMessage], by sender: EventSender) async -> [SQSBatchFailure?] {
        let share = max(EventSender.batchSize, (messages.count + Self.streams - 1) / Self.streams)
        let starts = Array(stride(from: 0, to: messages.count, by: share))
        return await withTaskGroup(of: (Int, [SQSBatchFailure?]).self) { group in
            for start in starts {
                let part = Array(messages[start..<min(start + share, messages.count)])
                group.addTask { (start, await sender.send(part)) }
            }
            var results: [SQSBatchFailure?] = Array(repeating: nil, count: messages.count)
            for await (start, part) in group {
                for (offset, failure) in part.enumerated() { results[start + offset] = failure }
            }
            return results
        }
    }

    private static let streams = 4
}
