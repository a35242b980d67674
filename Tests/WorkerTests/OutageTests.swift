import Domain
import Intake
import Ledger
import Support
import TestKit
import Testing
import Transfer
import Worker

/// Outages of S3 are waited for; a fault of one object is its own. In real time, unless a test asks for a faster clock:
/// probes come a second apart at first.
@Suite(.timeLimit(.minutes(1))) struct OutageTests {
    /// A worker over a queue whose messages go to the dead-letter queue after their second receive.
    final class Scene: Sendable {
        let fixture: FaultFixture
        let queue: MemoryQueue
        let outages: StoreOutages
        let lines = LogLines()
        let progress = Progress()
        let worker: Worker
        let dispatcher: WorkDispatcher
        private let intake: Intake
        private let running: Task<Void, any Error>
        private let clock: Task<Void, Never>

        init(
            pipelines: String = JobFixture.uploads, maxReceives: Int = 2, timesFaster: Int = 1,
            _ script: @escaping FaultFixture.Script
        ) async throws {
            let manual = ManualClock()
            let queue = MemoryQueue.answeringAtOnce(clock: manual)
            fixture = try await FaultFixture(
                pipelines: pipelines, outageLog: lines.log(threshold: .info),
                outageClocks: Clocks(ScaledClock(factor: timesFaster)), script)
            let outages = fixture.outages
            var configuration = IntakeConfiguration(concurrency: 4)
            configuration.ackLinger = .milliseconds(5)
            configuration.stopGrace = .zero
            configuration.visibility = .seconds(10)
            configuration.retryBase = .milliseconds(200)
            configuration.retryMax = .milliseconds(200)
            configuration.maxReceives = maxReceives
            let quiet = Log(threshold: .error) { _ in }
            let dispatcher = WorkDispatcher(
                lanes: [.live], capacity: Capacity(permits: 4), request: { _ in .small },
                space: { [context = fixture.context] in context.fetch.folder.spoolSpace },
                mayStart: { outages.mayStart($0) }, log: quiet)
            let intake = Intake(
                queue: queue, configuration: configuration, dispatcher: dispatcher,
                receiveCap: { outages.receiveCap }, log: quiet)
            outages.onChange { intake.recheck() }
            let worker = Worker(
                intakes: [intake], dispatcher: dispatcher, context: fixture.context, progress: progress, log: quiet)
            running = Task { try await worker.run() }
            // The queue's clock goes as the real one does.
            clock = Task {
                while (try? await Task.sleep(for: .milliseconds(10))) != nil { manual.advance(by: .milliseconds(10)) }
            }
            self.dispatcher = dispatcher
            (self.queue, self.outages, self.intake, self.worker) = (queue, outages, intake, worker)
        }

        func upload(_ keys: [String]) {
            for key in keys {
                fixture.s3["inbox", key] = .init(Array(key.utf8))
                queue.send(fixture.job(key).event, id: key)
            }
        }

        var promoted: Int { fixture.s3.names.count { $0.hasPrefix("out/done/") } }
        var deadLetters: Int { intake.counters.deadLetters }
        var leasesLost: Int { intake.counters.leasesLost }
        var greatestReceiveCount: Int { queue.messages.map(\.receiveCount).max() ?? 0 }

        func end() async throws {
            worker.drain()
            try await running.value
            clock.cancel()
        }
    }

    static let keys = (1...60).map { "up/\($0)" }

    /// Each lasts longer than all receives together would: with retries after 1 s, two receives are over in 2 s.
    @Test(arguments: [
        ("*", 503, "SlowDown"), ("*", 500, "InternalError"), ("CopyObject", 403, "AccessDenied"),
        ("CopyObject", 404, "NoSuchBucket"), ("GetObject", 400, "ExpiredToken"), ("DeleteObject", 403, "AccessDenied"),
        ("CopyObject", 400, "KMS.DisabledException"),
    ]) func `an outage of S3 dead-letters nothing, and all objects are settled after it`(
        operation: String, status: Int, code: String
    ) async throws {
        let scene = try await Scene { call in
            operation == "*" || call.operation == operation ? .s3(status, code) : nil
        }
        scene.upload(Self.keys)
        try await eventually { scene.outages.metrics.contains("} 1") }
        let receives = scene.queue.state.receiveRequests.count
        try await Task.sleep(for: .seconds(5))
        #expect(scene.deadLetters == 0)
        #expect(scene.greatestReceiveCount <= 2)
        #expect(scene.outages.receiveCap <= 1)
        #expect(scene.queue.state.receiveRequests.count - receives < 10, "next to nothing is received meanwhile")
        scene.fixture.mend()
        try await within(.seconds(60), "the settling") {
            while scene.progress.counts.settled < 60 { try await Task.sleep(for: .milliseconds(20)) }
        }
        try await scene.end()
        #expect(scene.deadLetters == 0 && scene.leasesLost == 0)
        #expect(scene.fixture.s3.names == Self.keys.map { "out/done/" + $0.dropFirst(3) }.sorted())
        #expect(scene.queue.messages.isEmpty)
        #expect(!scene.outages.metrics.contains("} 1"))
        let began = scene.lines.count("S3 can't be used: its jobs wait, and nothing is received for them")
        #expect(began >= 1 && began <= 4, "an outage is logged once for each part of S3")
    }

    @Test(arguments: [(503, "SlowDown"), (500, "InternalError"), (403, "AccessDenied")])
    func `one bad object among good ones goes to the dead-letter queue, and the good ones are settled`(
        status: Int, code: String
    ) async throws {
        let scene = try await Scene { call in
            call.operation == "CopyObject" && call.request.target.hasPrefix("/out/done/bad") ? .s3(status, code) : nil
        }
        scene.upload(["up/bad"] + Self.keys.prefix(20))
        // Objects keep coming, as they do.
        for number in 100..<140 {
            scene.upload(["up/\(number)"])
            try await Task.sleep(for: .milliseconds(100))
        }
        try await eventually { scene.deadLetters >= 1 }
        try await eventually { scene.progress.counts.settled == 60 }
        try await scene.end()
        #expect(scene.fixture.s3["inbox", "up/bad"] != nil)
        let stranded = try await scene.fixture.ledger.jobs(JobQuery(strandedOnly: true))
        #expect(stranded.map(\.job.object.key.text) == ["up/bad"])
    }

    static let two = """
        pipeline: other
        match: { bucket: inbox, prefix: other/ }
        then: { clean: { move: "s3://elsewhere/{rest}" }, infected: delete, unscannable: delete, rejected: delete }
        """

    @Test func `a pipeline whose destination is away does not stop another`() async throws {
        let scene = try await Scene(pipelines: JobFixture.uploads + "\n---\n" + Self.two) { call in
            call.operation == "CopyObject" && call.request.target.hasPrefix("/out/") ? .s3(403, "AccessDenied") : nil
        }
        scene.upload(Self.keys.prefix(10) + (1...10).map { "other/\($0)" })
        try await eventually { scene.progress.counts.settled == 10 }
        try await eventually { scene.outages.stops("uploads") }
        #expect(!scene.outages.stops("other"))
        scene.upload((11...60).map { "other/\($0)" })
        try await eventually { scene.progress.counts.settled == 60 }
        #expect(scene.deadLetters == 0)
        scene.fixture.mend()
        try await within(.seconds(60), "the settling") {
            while scene.progress.counts.settled < 70 { try await Task.sleep(for: .milliseconds(20)) }
        }
        try await scene.end()
    }

    static let ofRole = two.replacing(
        "then:", with: "aws: { role-arn: \"arn:aws:iam::123456789012:role/other\" }\nthen:")

    /// The scripted S3 refuses the credentials of one pipeline's requests; with one identity that concerns all.
    @Test func `refused credentials of a role do not stop other pipelines`() async throws {
        let scene = try await Scene(pipelines: JobFixture.uploads + "\n---\n" + Self.ofRole) { call in
            call.request.target.contains("/other") ? .s3(400, "ExpiredToken") : nil
        }
        scene.upload((1...10).map { "other/\($0)" })
        try await eventually { scene.outages.stops("other") }
        scene.upload(Self.keys)
        try await within(.seconds(15), "the others") {
            while scene.promoted < 60 { try await Task.sleep(for: .milliseconds(20)) }
        }
        #expect(scene.outages.stops("other") && !scene.outages.stops("uploads") && scene.deadLetters == 0)
        scene.fixture.mend()
        try await within(.seconds(30), "the settling") {
            while scene.progress.counts.settled < 70 { try await Task.sleep(for: .milliseconds(20)) }
        }
        try await scene.end()
        #expect(scene.deadLetters == 0)
    }

    @Test(arguments: [(403, "AccessDenied"), (403, "AllAccessDisabled"), (500, "InternalError")])
    func `objects that nobody can read do not hold up those of others`(status: Int, code: String) async throws {
        let scene = try await Scene(maxReceives: 3, timesFaster: 10) { call in
            call.operation == "GetObject" && call.request.target.contains("/bad") ? .s3(status, code) : nil
        }
        scene.upload((1...12).map { "up/bad\($0)" })
        try await eventually { scene.outages.stops("uploads") }
        scene.upload(Array(Self.keys))
        try await within(.seconds(15), "the others") {
            while scene.promoted < 60 { try await Task.sleep(for: .milliseconds(20)) }
        }
        // Objects keep coming, as they do: what fails beside them goes round by receives, and ends.
        let feeding = Task {
            for number in 100... {
                scene.upload(["up/\(number)"])
                try await Task.sleep(for: .milliseconds(50))
            }
        }
        defer { feeding.cancel() }
        try await within(.seconds(25), "the dead letters") {
            while scene.deadLetters < 12 { try await Task.sleep(for: .milliseconds(20)) }
        }
        feeding.cancel()
        _ = await feeding.result
        try await scene.end()
        let stranded = try await scene.fixture.ledger.jobs(JobQuery(strandedOnly: true))
        #expect(stranded.allSatisfy { $0.job.object.key.text.hasPrefix("up/bad") }, "only those that nobody can read")
        #expect(Set(scene.fixture.s3.names).isSuperset(of: (1...12).map { "inbox/up/bad\($0)" }))
        #expect(scene.leasesLost == 0)
    }

    @Test func `a copy that its own key refuses ends as failed, and not in the dead-letter queue`() async throws {
        let scene = try await Scene(maxReceives: 20) { call in
            call.operation == "CopyObject" && call.request.target.hasPrefix("/out/done/bad")
                ? .s3(400, "KMS.DisabledException") : nil
        }
        scene.upload(["up/bad"])
        for number in 1...40 {
            scene.upload(["up/\(number)"])
            try await Task.sleep(for: .milliseconds(50))
        }
        try await eventually { scene.progress.counts.otherOutcomes[.failed] == 1 }
        try await eventually { scene.promoted == 40 }
        try await scene.end()
        #expect(scene.deadLetters == 0 && scene.fixture.s3["inbox", "up/bad"] != nil)
        let job = try await scene.fixture.ledger.job(scene.fixture.job("up/bad").id)
        guard case .failed(let reason, _) = job?.outcome else {
            Issue.record("\(String(describing: job?.outcome))")
            return
        }
        #expect(reason.contains("KMS.DisabledException"), "\(reason)")
    }

    @Test func `a stop during an outage gives the waiting messages back`() async throws {
        let scene = try await Scene(maxReceives: 100) { _ in .s3(503, "SlowDown") }
        scene.upload(Array(Self.keys.prefix(10)))
        try await eventually { scene.outages.receiveCap <= 1 }
        try await scene.end()
        #expect(scene.queue.messages.count == 10)
        try await eventually { scene.queue.visible.count == 10 }
        #expect(scene.deadLetters == 0)
        #expect(try await scene.fixture.ledger.jobs(JobQuery(strandedOnly: true)).isEmpty)
    }

    /// Ten times: what runs when the stop comes has to be put on record as well as what waits.
    @Test(arguments: 1...10)
    func `a stop during an outage puts jobs on their last receive on record as stranded`(_: Int) async throws {
        let scene = try await Scene(maxReceives: 1) { _ in .s3(503, "SlowDown") }
        scene.upload(["up/a", "up/b", "up/c"])
        try await eventually { scene.outages.receiveCap <= 1 }
        #expect(try await scene.fixture.ledger.jobs(JobQuery(strandedOnly: true)).isEmpty)
        try await scene.end()
        let received = scene.queue.messages.count { $0.receiveCount > 0 }
        #expect(try await scene.fixture.ledger.jobs(JobQuery(strandedOnly: true)).count == received)
        #expect(scene.deadLetters == received && received > 0)
    }
}
