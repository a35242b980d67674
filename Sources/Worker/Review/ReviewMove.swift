internal import AWS
internal import Domain
internal import Ledger
internal import Notices
internal import Pipelines
internal import Support
internal import Transfer

/// One work of a review, from its begin on record to its end: copy, verify, delete, finish.
struct ReviewMove: Sendable {
    let work: ReviewWork
    let record: JobRecord
    /// As it was before the work began.
    let review: Review
    /// Whether an earlier process may have done a part of it.
    let isResumed: Bool
    let request: ReviewRequest
    let claim: ReviewClaim
    let context: ReviewContext

    /// Why nothing was changed.
    struct Refusal: Error, CustomStringConvertible {
        let description: String
        /// Whether an earlier process may have changed something, so that the work stays begun.
        let leavesWork: Bool

        init(_ description: String, leavesWork: Bool = false) {
            self.description = description
            self.leavesWork = leavesWork
        }
    }

    var kind: ReviewWork.Kind { work.kind }
    /// Nil if the object is deleted.
    private var target: ObjectLocation? { work.target }
    private var judged: String? { record.judgement?.evidence.sha256 }

    /// Does the work.
    ///
    /// - Returns: what was done.
    /// - Throws: `Refusal` if nothing was changed, and would not be by another try.
    func callAsFunction() async throws -> String {
        guard let place = record.place(review) else { throw Refusal("the ledger does not say where it lies") }
        if kind == .recall { try await revokeFalsePositives() }
        let source = ObjectVersion(
            bucket: place.location.bucket, key: place.location.key, versionID: place.versionID, etag: nil)
        let head: ObjectHead
        do {
            head = try await context.mover.reader.headWithSHA256(of: source)
        } catch TransferError.gone {
            return try await sourceIsGone(place)
        }
        try checkIsObjectOfJob(head, place)
        if let lock = head.lock, lock.holds(at: context.clocks.wall()) {
            throw Refusal(
                "an Object Lock keeps it at \(place.location): it can't be moved or deleted before that ends",
                leavesWork: isResumed)
        }
        let pinned = source.pinned(by: head)
        guard let target else {
            try await claim.confirm()
            try await context.mover.deleter.delete(pinned, head: head)
            try await finish(at: nil)
            return "deleted from \(place.location)"
        }
        try await checkBytes(of: pinned, head)
        let copy = try await copy(pinned, head, to: target)
        try await claim.confirm()
        try await context.mover.deleter.delete(pinned, head: head)
        try await finish(at: copy)
        return "moved to \(copy.location)"
    }

    /// A copy or delete may have been finished by the process that was killed.
    private func sourceIsGone(_ place: Destination) async throws -> String {
        guard let target else {
            try await finish(at: nil)
            return "it was gone from \(place.location) already"
        }
        guard isResumed else { throw Refusal("nothing is at \(place.location) any more") }
        // Its ETag is not known any more: the mark of the job alone, or the SHA-256, shows the copy.
        let source = ObjectVersion(
            bucket: place.location.bucket, key: place.location.key, versionID: place.versionID, etag: nil)
        guard
            let copy = try await context.mover.verifier.find(expected(source, size: size, at: target), mayGuess: false)
        else {
            throw Refusal(
                "nothing is at \(place.location) any more, and no copy of it at \(target)", leavesWork: true)
        }
        try await finish(at: copy)
        return "moved to \(copy.location)"
    }

    private var size: Int64 { record.job.event.size ?? record.judgement?.evidence.bytesRead ?? 0 }

    /// Another object may have been written to the place since.
    private func checkIsObjectOfJob(_ head: ObjectHead, _ place: Destination) throws {
        if place.versionID != nil { return }
        if let judged, head.sha256 == judged { return }
        if let found = QuarantineRecord(head) {
            guard found.job == record.job.id else {
                throw Refusal("\(place.location) holds the object of job \(found.job)", leavesWork: isResumed)
            }
            return
        }
        // Its bytes are compared before it is moved; it must not be deleted unread.
        guard target != nil, judged != nil else {
            throw Refusal(
                "\(place.location) does not hold the object of this job any more", leavesWork: isResumed)
        }
    }

    /// Only the bytes that were judged are moved.
    private func checkBytes(of source: ObjectVersion, _ head: ObjectHead) async throws {
        guard let judged else { return }
        let found: String
        if let known = head.sha256 {
            found = known
        } else {
            try await claim.confirm()
            found = try await bytes(of: source, size: head.contentLength).sha256()
        }
        guard found == judged else {
            throw Refusal(
                "the object in s3://\(source.bucket)/\(source.key.text) has SHA-256 \(found), but the judged one has \(judged)"
            )
        }
    }

    private func bytes(of source: ObjectVersion, size: Int64?) async throws -> SpooledBytes {
        let fetched = try await context.fetch.first(of: source, size: size)
        try await context.fetch.rest(of: fetched)
        return fetched.bytes
    }

    private func expected(_ source: ObjectVersion, size: Int64, at location: ObjectLocation) -> ExpectedCopy {
        ExpectedCopy(
            of: source, size: size, sha256: judged, writtenAt: record.job.event.time, job: record.job.id, at: location)
    }

    private func copy(_ source: ObjectVersion, _ head: ObjectHead, to target: ObjectLocation) async throws
        -> Destination
    {
        let expected = expected(source, size: head.contentLength ?? size, at: target)
        if isResumed, let made = try await context.mover.verifier.findCertain(expected, sourceHead: head) {
            return made
        }
        let manner = try manner(head)
        if kind == .release {
            try await waitForOrder(target)
            try await checkVacant(expected)
        }
        let move = MoveRequest(expected, head: head, manner: manner, mayBeThere: isResumed)
        try await claim.confirm()
        return try await context.mover.copier.copy(move) {
            try await bytes(of: source, size: head.contentLength)
        } checkHold: {
            try await claim.confirm()
            if kind == .release { try await waitForOrder(target) }
        }
    }

    private func manner(_ head: ObjectHead) throws -> MoveRequest.Manner {
        guard kind == .release else {
            return MoveRequest.Manner(try recallCopy(record, context))
        }
        let tags = try ReleasePlan(record, review, context.pipeline(of: record)).tags
        return .restored(OriginalProperties(head, of: record), tags: tags)
    }

    /// A later upload of the key is never replaced, and an earlier one that is on its way is waited for.
    private func waitForOrder(_ target: ObjectLocation) async throws {
        while true {
            try await claim.confirm()
            let now = context.clocks.wall()
            switch try await context.ledger.precedence(of: record.job.id, movedTo: target, now: now) {
            case .free: return
            case .overtaken(let later):
                throw Refusal(
                    "a later upload of the key (job \(later)) goes, or went, to \(target): it is not replaced")
            case .behind(_, let until):
                let clock = context.clocks.monotonic
                let pause = min(max(until.duration(since: now), .milliseconds(50)), .milliseconds(500))
                try await clock.sleep(until: clock.now + pause)
            }
        }
    }

    private func checkVacant(_ expected: ExpectedCopy) async throws {
        guard !request.replaces, let found = try await context.mover.verifier.occupant(of: expected.destination) else {
            return
        }
        let written = found.writtenAt.map { ", written at \($0)" } ?? ""
        throw Refusal("an object is at \(expected.destination) already\(written): --replace puts this one in its place")
    }

    private func finish(at place: Destination?) async throws {
        let known = kind == .release ? falsePositives() : []
        let content = Notice.Content.review(work, record.judgement, place: place, attempt: record.attemptCount)
        let notices = context.pipeline(of: record)?.notices(about: record.job, content, at: context.clocks.wall())
        try await claim.end(
            .finish(claim.token, place: place, falsePositives: known, notices: notices ?? []), "\(kind.rawValue)-done")
    }

    /// What is known as bad is no false positive any more, in whatever pipeline it was called so.
    private func revokeFalsePositives() async throws {
        guard let judged else { return }
        let now = context.clocks.wall()
        for known in try await context.ledger.falsePositives(FalsePositiveQuery(sha256: judged, activeAt: now)) {
            _ = try await context.ledger.revokeFalsePositive(known.number, request.entry("revoke", of: record, at: now))
        }
    }

    /// What the release adds, in the name of its actor, also if another process finishes it.
    private func falsePositives() -> [FalsePositive] {
        guard let until = work.rememberedUntil, let judged, let pipeline = record.pipeline else { return [] }
        let added = ReviewEntry(
            actor: work.request.actor, at: context.clocks.wall(), reason: work.request.reason)
        return Set(record.decidingFindings.map { [$0.kind.rawValue, $0.name] }).sorted { $0[1] < $1[1] }.compactMap {
            pair in
            Finding.Kind(rawValue: pair[0]).map { kind in
                FalsePositive(
                    sha256: judged, kind: kind, finding: pair[1], pipeline: pipeline, job: record.job.id, added: added,
                    expiresAt: until)
            }
        }
    }
}
