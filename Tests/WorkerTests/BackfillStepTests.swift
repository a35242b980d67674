import AWS
import Domain
import Intake
import Ledger
import Testing
import Worker

struct BackfillStepTests {
    private static let noon = Timestamp(iso8601: "2026-11-21T12:00:00Z")!

    private static func listed(version: String? = nil, writtenAfter seconds: Int = 0) -> ListedObject {
        ListedObject(
            key: ObjectKey("up/a b+%é")!, versionID: version, size: 3, etag: "e",
            lastModified: noon.advanced(by: .seconds(seconds)))
    }

    /// The job of the event that S3 sent for the object.
    private static func known(
        version: String? = nil, _ outcome: Outcome? = nil, isStranded: Bool = false, hasTime: Bool = true
    ) -> JobRecord {
        let object = ObjectVersion(bucket: "in", key: ObjectKey("up/a b+%é")!, versionID: version, etag: "e")
        let event = Event(
            object: object, size: 3, sequencer: "0A", time: hasTime ? noon : nil, name: "ObjectCreated:Put")
        return JobRecord(
            job: Job(of: event), outcome: outcome, strandedAt: isStranded ? noon : nil, firstReceivedAt: noon)
    }

    private static func step(
        _ object: ListedObject, isTaken: Bool = true, times: TimeSpan = .init(), known: JobRecord? = nil
    ) -> BackfillStep {
        BackfillStep(object, in: "in", isTaken: isTaken, times: times, known: known)
    }

    @Test(arguments: ["v1", nil])
    func `an object without a job is sent and its job always has the same name`(version: String?) {
        let object = Self.listed(version: version)
        let event = Event(of: object, in: "in")
        #expect(Self.step(object) == .send(event, isRepeat: false))
        #expect(event.sequencer == nil && event.time == Self.noon && event.size == 3)
        #expect(MessageBody(reading: EventMessage(event).body) == .records([.created(event)]))
    }

    @Test func `in a bucket with versions a listing and the S3 event name the same job`() {
        let listed = Event(of: Self.listed(version: "v1"), in: "in")
        #expect(JobID(of: listed) == Self.known(version: "v1").job.id)
    }

    @Test(arguments: [
        Outcome.gone, .superseded, .unmatched, .marker, .failed(reason: "denied", nil),
        .settled(Judgement(verdict: .rejected, findings: [], evidence: Evidence()), .kept, nil),
    ])
    func `an object whose job has an outcome is left`(outcome: Outcome) {
        for hasTime in [true, false] {
            let known = Self.known(outcome, hasTime: hasTime)
            #expect(Self.step(Self.listed(), known: known) == .leave(.ended(outcome.kind)))
            #expect(Self.step(Self.listed(writtenAfter: -60), known: known) == .leave(.ended(outcome.kind)))
            // A listing has whole seconds and may seem a second later than the event.
            #expect(Self.step(Self.listed(writtenAfter: 1), known: known) == .leave(.ended(outcome.kind)))
        }
    }

    @Test func `the same bytes uploaded again are sent unless the bucket has versions`() {
        let later = Self.listed(writtenAfter: 2)
        #expect(Self.step(later, known: Self.known(.gone)) == .send(Event(of: later, in: "in"), isRepeat: true))
        let version = Self.listed(version: "v1", writtenAfter: 2)
        #expect(Self.step(version, known: Self.known(version: "v1", .gone)) == .leave(.ended(.gone)))
    }

    @Test func `an open job is left and a stranded job is sent with its own event`() {
        #expect(Self.step(Self.listed(), known: Self.known()) == .leave(.open))
        let stranded = Self.known(isStranded: true)
        #expect(Self.step(Self.listed(), known: stranded) == .send(stranded.job.event, isRepeat: false))
    }

    @Test func `an object that no pipeline matches is left whatever its job`() {
        #expect(Self.step(Self.listed(), isTaken: false) == .leave(.unmatched))
        #expect(Self.step(Self.listed(), isTaken: false, known: Self.known(isStranded: true)) == .leave(.unmatched))
    }

    @Test(arguments: [(-1, false), (0, true), (59, true), (60, false)])
    func `only objects of the given time span are sent`(seconds: Int, isSent: Bool) {
        let times = TimeSpan(since: Self.noon, until: Self.noon.advanced(by: .seconds(60)))
        let step = Self.step(Self.listed(writtenAfter: seconds), times: times)
        #expect((step == .leave(.outsideTime)) == !isSent)
    }
}
