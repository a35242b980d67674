import AWS
import Domain
import Ledger
import Testing
import Worker

/// The repair for each state of a job: the whole table.
struct RepairActionTests {
    private static let noon = Timestamp(iso8601: "2026-11-21T12:00:00Z")!
    private static let copy = ObjectState.Copy.there(
        Destination(ObjectLocation(bucket: "out", key: ObjectKey("done/a")!)))
    private static let clean = Judgement(verdict: .clean, findings: [], evidence: Evidence(bytesRead: 3))

    private static func there(
        lockedFor minutes: Int? = nil, isHeld: Bool = false, writtenAfter seconds: Int = 0
    ) -> ObjectState.Source {
        .there(
            written: noon.advanced(by: .seconds(seconds)),
            lock: ObjectLock(retainedUntil: minutes.map { noon.advanced(by: .seconds(60 * $0)) }, hasLegalHold: isHeld))
    }

    private static func standing(_ source: ObjectState.Source, _ copy: ObjectState.Copy) -> ObjectState {
        ObjectState(source: source, copy: copy)
    }

    /// The kind of the repair, without the text for a person.
    private static func kind(_ remedy: RepairAction) -> String {
        if case .person = remedy { return "person" }
        return "\(remedy)"
    }

    @Test(arguments: [(true, "send"), (false, "person")])
    func `a job without a judgement is sent again if there is a queue`(canSend: Bool, expected: String) {
        #expect(Self.kind(.ofUnjudged(canSend: canSend)) == expected)
    }

    static let judged: [(ObjectState, withQueue: String, without: String)] = [
        (standing(there(), copy), "finish", "finish"),
        (standing(.gone, copy), "finish", "finish"),
        (standing(.replaced, copy), "finish", "finish"),
        (standing(.replaced, .missing), "finish", "finish"),
        (standing(there(), .missing), "send", "person"),
        (standing(.gone, .missing), "person", "person"),
        (standing(there(), .notWanted), "send", "person"),
        (standing(.gone, .notWanted), "finish", "finish"),
        (standing(.replaced, .notWanted), "finish", "finish"),
    ]

    @Test(arguments: judged)
    func `a judged job is finished if its move may have begun`(found: ObjectState, withQueue: String, without: String) {
        #expect(Self.kind(.ofJudged(found, canSend: true)) == withQueue)
        #expect(Self.kind(.ofJudged(found, canSend: false)) == without)
    }

    static let failed: [(ObjectState, String)] = [
        (standing(there(), copy), "reopen"),
        (standing(there(lockedFor: -1), copy), "reopen"),
        (standing(there(lockedFor: 1), copy), "person"),
        (standing(there(isHeld: true), copy), "person"),
        (standing(there(lockedFor: -1, isHeld: true), copy), "person"),
        (standing(.gone, copy), "reopen"), (standing(.replaced, copy), "reopen"),
        (standing(there(), .missing), "nothing"), (standing(.gone, .missing), "nothing"),
        (standing(.replaced, .missing), "nothing"), (standing(there(), .notWanted), "nothing"),
    ]

    @Test(arguments: failed)
    func `a failed job is opened again if its copy is there and no lock holds`(found: ObjectState, expected: String) {
        #expect(Self.kind(.ofFailed(found, at: Self.noon)) == expected)
    }

    static let settled: [(ObjectState, isLatest: Bool, unversioned: String, versioned: String)] = [
        (standing(there(), copy), true, "deleteSource", "deleteSource"),
        // S3's whole seconds may seem a second later than the event.
        (standing(there(writtenAfter: 1), copy), true, "deleteSource", "deleteSource"),
        (standing(there(writtenAfter: 2), copy), true, "nothing", "deleteSource"),
        (standing(.there(written: nil, lock: nil), copy), true, "person", "deleteSource"),
        (standing(there(), copy), false, "nothing", "nothing"),
        (standing(there(), .missing), true, "person", "person"),
        (standing(there(lockedFor: 1), copy), true, "person", "person"),
        (standing(there(lockedFor: -1), copy), true, "deleteSource", "deleteSource"),
        (standing(.gone, copy), true, "nothing", "nothing"), (standing(.replaced, copy), true, "nothing", "nothing"),
        (standing(.gone, .missing), true, "nothing", "nothing"),
    ]

    @Test(arguments: settled)
    func `the source of a settled job is deleted unless it may be a later upload`(
        found: ObjectState, isLatest: Bool, unversioned: String, versioned: String
    ) {
        for (version, expected) in [(nil, unversioned), ("v1", versioned)] {
            let object = ObjectVersion(bucket: "in", key: ObjectKey("a")!, versionID: version, etag: "e")
            let event = Event(object: object, size: 3, sequencer: "1", time: Self.noon, name: "ObjectCreated:Put")
            let record = JobRecord(
                job: Job(id: JobID(String(repeating: "0", count: 32))!, event: event),
                outcome: .settled(Self.clean, .promoted, nil), judgement: Self.clean, firstReceivedAt: Self.noon)
            #expect(Self.kind(.ofSettled(record, found, isLatest: isLatest, at: Self.noon)) == expected)
        }
    }

    @Test func `a problem left to a person says what to do`() {
        guard
            case .person(let lock) = RepairAction.ofFailed(
                Self.standing(Self.there(lockedFor: 1), Self.copy), at: Self.noon),
            case .person(let hold) = RepairAction.ofFailed(
                Self.standing(Self.there(isHeld: true), Self.copy), at: Self.noon),
            case .person(let queue) = RepairAction.ofUnjudged(canSend: false)
        else {
            Issue.record("no person is asked")
            return
        }
        #expect(lock.contains("Object Lock") && lock.contains("2026-11-21T12:01:00.000Z") && lock.contains("run this"))
        #expect(hold.contains("legal hold"))
        #expect(queue.contains("--queue"))
    }
}
