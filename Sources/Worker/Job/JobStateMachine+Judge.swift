internal import Domain
internal import Judging
internal import Pipelines

// From the claim to a judgement on record.
extension JobStateMachine {
    mutating func claimed(_ earlier: Judgement?, isInForce: Bool, mayBeMoved: Bool, copied: Destination?) -> Step {
        guard pipeline != nil else {
            guard let earlier, let copied else { return finish(.unmatched) }
            // Moved under the pipeline of an earlier attempt.
            return finish(.settled(earlier, earlier.verdict == .clean ? .promoted : .quarantined, copied))
        }
        attempt.judgement = earlier
        attempt.copied = copied
        attempt.mayBeMoved = earlier != nil || mayBeMoved
        // Without version and ETag it is unknown which bytes the judgement is about: the object is inspected again.
        // Nor is one acted upon that today's rules or signatures may contradict.
        if let earlier, isInForce, job.object.isPinned { return go(to: .resuming(earlier), .head) }
        if let size = job.event.size, judgement(ofSize: size) != nil { return go(to: .checkingSize, .head) }
        return go(to: .fetching, .fetch)
    }

    mutating func resumed(_ judgement: Judgement, _ source: ObjectVersion, _ size: Int64?) -> Step {
        guard let size else {
            let reason = "S3 HeadObject: no Content-Length. Check the endpoint, and any proxy or cache before it"
            return failed(StepFailure(.transient, reason))
        }
        return judged(judgement, SeenObject(source, size: size))
    }

    mutating func fetched(_ object: SeenObject) -> Step {
        if object.size == 0, job.object.key.text.utf8.last == UInt8(ascii: "/") { return finish(.marker) }
        guard pipeline?.accept.quota == nil else { return go(to: .charging(object), .charge(object)) }
        return go(to: .inspecting(object), .inspect)
    }

    /// What is beyond a quota is not inspected, whatever else the rules say of it: that is the work which a quota saves
    /// the scanner.
    mutating func charged(_ object: SeenObject, _ breach: Finding?) -> Step {
        guard let breach else { return go(to: .inspecting(object), .inspect) }
        let judge = Judge(size: object.size, pipeline: pipeline)
        return record(judge.judgement(beyondQuota: breach), object)
    }

    /// The event may be wrong about the size.
    mutating func checkedSize(_ source: ObjectVersion, _ size: Int64?) -> Step {
        guard let size, let judgement = judgement(ofSize: size) else { return go(to: .fetching, .fetch) }
        return record(judgement, SeenObject(source, size: size))
    }

    private func judgement(ofSize size: Int64) -> Judgement? {
        Judge(size: size, pipeline: pipeline).judgementBySize()
    }

    mutating func record(_ judgement: Judgement, _ object: SeenObject) -> Step {
        go(to: .recording(judgement, object), .record(judgement))
    }

    mutating func judged(_ judgement: Judgement, _ object: SeenObject) -> Step {
        (attempt.judgement, attempt.seen) = (judgement, object)
        return decide(.move(judgement, object))
    }
}
