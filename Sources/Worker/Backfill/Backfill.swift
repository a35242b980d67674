package import AWS
internal import Domain
package import Intake
package import Ledger
package import Pipelines
internal import Support

/// Brings to the queue what a bucket holds and no event has told of.
///
/// What is sent and not yet worked on is not in the ledger, so that a second run sends it again: duplicates, which do no
/// harm.
package struct Backfill: Sendable {
    /// What became of one object.
    package struct Entry: Sendable {
        package let object: ListedObject
        package let step: BackfillStep
        /// Why its message was not sent.
        package let failure: SendFailure?
    }

    private let bucket: String
    private let times: TimeSpan
    private let pipelines: PipelineSet
    private let ledger: any Ledger
    private let sender: EventSender?
    private let actor: String

    /// - Parameters:
    ///   - sender: nil where nothing is to be changed.
    ///   - actor: who asks, for the audit trail.
    package init(
        of bucket: String, times: TimeSpan, pipelines: PipelineSet, ledger: any Ledger, sender: EventSender?,
        actor: String
    ) {
        self.bucket = bucket
        self.times = times
        self.pipelines = pipelines
        self.ledger = ledger
        self.sender = sender
        self.actor = actor
    }

    /// Decides on some objects and sends the messages of those that need one.
    ///
    /// - Returns: an entry for each object, at its place.
    package func callAsFunction(_ objects: [ListedObject]) async throws(LedgerError) -> [Entry] {
        var steps = try await steps(for: objects)
        guard let sender else {
            return zip(objects, steps).map { Entry(object: $0, step: $1, failure: nil) }
        }
        var places: [Int] = []
        var messages: [EventMessage] = []
        for place in steps.indices {
            guard case .send(let event, let isRepeat) = steps[place] else { continue }
            if isRepeat, try await isHeld(event) {
                steps[place] = .leave(.open)
                continue
            }
            places.append(place)
            messages.append(EventMessage(event))
        }
        var failures: [SendFailure?] = Array(repeating: nil, count: objects.count)
        for (place, failure) in zip(places, await send(messages, by: sender)) { failures[place] = failure }
        return objects.indices.map { Entry(object: objects[$0], step: steps[$0], failure: failures[$0]) }
    }

    private func steps(for objects: [ListedObject]) async throws(LedgerError) -> [BackfillStep] {
        let isTaken = objects.map { pipelines.pipeline(for: bucket, key: $0.key) != nil }
        let asked = objects.indices.filter { isTaken[$0] }
        let known = try await ledger.latestJobs(of: asked.map { Event(of: objects[$0], in: bucket).object })
        var jobs: [JobRecord?] = Array(repeating: nil, count: objects.count)
        for (place, job) in zip(asked, known) { jobs[place] = job }
        return objects.indices.map {
            BackfillStep(objects[$0], in: bucket, isTaken: isTaken[$0], times: times, known: jobs[$0])
        }
    }

    /// Opens the job of an earlier upload of the same bytes anew, where it has the name of this one's.
    private func isHeld(_ event: Event) async throws(LedgerError) -> Bool {
        let job = Job(of: event)
        let entry = AuditEntry(
            at: .now(), actor: actor, action: "backfill",
            subject: "\(ObjectLocation(bucket: bucket, key: event.object.key))", job: job.id,
            reason: "the same bytes were uploaded again after the job had ended")
        if case .held = try await ledger.reopen(job.id, keepingJudgement: false, entry) { return true }
        return false
    }

    /// Sends in a few streams at once, each in its order.
    private func send(_ messages: [EventMessage], by sender: EventSender) async -> [SendFailure?] {
        let share = max(EventSender.batch, (messages.count + Self.streams - 1) / Self.streams)
        let starts = Array(stride(from: 0, to: messages.count, by: share))
        return await withTaskGroup(of: (Int, [SendFailure?]).self) { group in
            for start in starts {
                let part = Array(messages[start..<min(start + share, messages.count)])
                group.addTask { (start, await sender.send(part)) }
            }
            var results: [SendFailure?] = Array(repeating: nil, count: messages.count)
            for await (start, part) in group {
                for (offset, failure) in part.enumerated() { results[start + offset] = failure }
            }
            return results
        }
    }

    private static let streams = 4
}
