import Domain
import Pipelines
import Testing

@testable import Worker

typealias Step = JobStateMachine.Step
typealias StepResult = JobStateMachine.StepResult

/// A job and its pipeline, for a state machine that gets its events from a test.
struct JobStateMachineFixture {
    static let uploads = """
        pipeline: uploads
        match: { bucket: inbox, prefix: up/ }
        accept: { max-size: 100, types: [image/png], declared-type: ignore }
        then:
          clean:       { move: "s3://out/done/{rest}" }
          infected:    { quarantine: "s3://jail/infected/{date}/{job}" }
          unscannable: { tag: { scan: "{verdict}" } }
          rejected:    delete
        """
    /// As `uploads`, with a location for each job.
    static let ownLocations = uploads.replacing("done/{rest}", with: "done/{job}")

    static let noon = Timestamp(iso8601: "2026-11-21T12:00:00Z")!

    let job: Job
    let pipeline: Pipeline?
    var isLastReceive = false

    /// - Parameters:
    ///   - text: nil if no pipeline takes the object.
    ///   - etag: of the event; nil for an event that does not pin the object.
    init(
        _ text: String? = uploads, key: String = "up/a", size: Int64? = 3, etag: String? = "e1",
        sequencer: String? = "0A", time: Timestamp? = noon
    ) throws {
        let object = ObjectVersion(bucket: "inbox", key: ObjectKey(key)!, versionID: nil, etag: etag)
        job = Job(
            id: JobID(String(repeating: "a", count: 32))!,
            event: Event(object: object, size: size, sequencer: sequencer, time: time, name: "ObjectCreated:Put"))
        pipeline = try text.map {
            try #require(PipelineSet(files: [(name: "test.yaml", text: Array($0.utf8))]).pipelines.first)
        }
    }

    func machine() -> JobStateMachine { JobStateMachine(job, pipeline: pipeline, isLastReceive: isLastReceive) }

    /// The object as S3 has it, pinned by its ETag.
    var seen: JobStateMachine.SeenObject { JobStateMachine.SeenObject(source, size: 3) }
    var source: ObjectVersion {
        ObjectVersion(bucket: "inbox", key: job.object.key, versionID: nil, etag: "e1")
    }

    /// The steps from the start on, one for each event and one before them.
    func steps(_ events: [StepResult]) -> [Step] {
        var machine = machine()
        return [machine.start()] + events.map { machine.handle($0) }
    }

    /// The step that follows the last event.
    func last(_ events: [StepResult]) throws -> Step { try #require(steps(events).last) }

    // MARK: Usual events

    /// Until a first attempt has put its judgement on record.
    func judged(_ verdict: Verdict = .clean) -> [StepResult] {
        [.claimed(earlier: nil), .fetched(seen), .judged(judgement(verdict)), .recorded]
    }

    /// Until an attempt after a kill has looked at the object.
    func resumed(_ verdict: Verdict = .clean) -> [StepResult] {
        [.claimed(earlier: judgement(verdict)), .head(source, size: 3)]
    }

    func judgement(_ verdict: Verdict = .clean) -> Judgement {
        let findings: [Finding] =
            switch verdict {
            case .clean: []
            case .infected: [Finding(.signature, "Eicar")]
            case .unscannable: [Finding(.limit, "encrypted")]
            case .rejected: [Finding(.rule, "type-not-accepted")]
            }
        return Judgement(
            verdict: verdict, findings: findings, evidence: Evidence(bytesRead: 3, sha256: "5ha"))
    }

    func failure(_ kind: StepFailure.Kind) -> StepResult { .failed(StepFailure(kind, "no luck")) }

    static let done = Destination(ObjectLocation(bucket: "out", key: ObjectKey("done/a")!), versionID: "v9")
}
