import Foundation
import Glibc
import TestKit
import Testing

extension EndToEnd {
    /// `notify` in a pipeline, on MiniStack's SNS, SQS and EventBridge and on a webhook.
    @Suite struct Notices {
        @Test func `each destination gets the outcomes that it asks for`() async throws {
            let station = try await StationFixture("notices")
            let (cloud, name) = (station.cloud, "notices")
            let plain = try await cloud.createQueue("\(name)-plain")
            let fifo = try await cloud.createQueue("\(name)-fifo.fifo")
            let (topics, events) = (
                try await cloud.createQueue("\(name)-topic"), try await cloud.createQueue("\(name)-bus")
            )
            let topic = try await cloud.createTopic("\(name)-topic", for: topics)
            try await cloud.createBus("\(name)-bus", for: events, detailType: "Lazaret Object Outcome")
            let receiver = try WebhookReceiver()
            defer { receiver.server.stop() }
            try station.notify(
                "{ sqs: \"\(plain.url)\" }", "{ sqs: \"\(fifo.url)\", verdicts: [infected] }",
                "{ sns: \"\(topic)\", dispositions: [promoted] }", "{ eventbridge: \(name)-bus, received: true }",
                station.webhook(receiver, ", received: true"))
            try await station.upload(Samples.text, "uploads/notes.txt")
            try await station.upload(Eicar.bytes, "uploads/readme.txt")
            let exit = try await station.startNotifier(idle: 1).exit(within: .seconds(90))
            try #require(exit.ending == .code(0), "\(exit.standardError)")

            let both = ["outcome clean promoted", "outcome infected quarantined"]
            let messages = try await cloud.takeWithAttributes(2, from: plain.url)
            #expect(try messages.map { try NoticeLine($0.body).summary }.sorted() == both)
            for message in messages {
                let notice = try NoticeLine(message.body)
                #expect(
                    message.attributes == [
                        "kind": "outcome", "pipeline": "usual", "bucket": station.incoming,
                        "verdict": notice.verdict, "disposition": notice.disposition,
                    ])
            }
            #expect(try await cloud.take(2, from: fifo.url, seconds: 2).map { try NoticeLine($0).summary } == [both[1]])

            try await expectPublished(both[0], in: topics, from: station)
            try await expectEvents(both, in: events, from: station)
            let posted = try receiver.notices()
            #expect(posted.map(\.summary).sorted() == both + ["received", "received"])
            #expect(receiver.server.requests.allSatisfy { $0["webhook-signature"]?.hasPrefix("v1,") == true })
            #expect(try await station.notices(["list"]).standardError == "no notices match\n")
            let sent = try await station.notices(["list", "--sent", "--json"])
            let lines = sent.standardOutput.split(separator: "\n")
            #expect(lines.count == 12)
        }

        /// The topic has only what was promoted, in SNS's envelope.
        private func expectPublished(_ summary: String, in queue: Queue, from station: StationFixture) async throws {
            struct Envelope: Decodable {
                struct Attribute: Decodable {
                    let value: String

                    enum CodingKeys: String, CodingKey { case value = "Value" }
                }

                let message: String
                let attributes: [String: Attribute]

                enum CodingKeys: String, CodingKey {
                    case message = "Message"
                    case attributes = "MessageAttributes"
                }
            }
            let published = try await station.cloud.take(2, from: queue.url, seconds: 2)
            try #require(published.count == 1)
            let envelope = try JSONDecoder().decode(Envelope.self, from: Data(published[0].utf8))
            let notice = try NoticeLine(envelope.message)
            #expect(notice.summary == summary && envelope.attributes["verdict"]?.value == "clean")
            #expect(notice.destination == .init(bucketName: station.media, objectKey: "permanent/notes.txt"))
        }

        /// The rule of the bus lets through outcomes alone.
        private func expectEvents(_ summaries: [String], in queue: Queue, from station: StationFixture) async throws {
            struct Event: Decodable {
                let source: String
                let detail: NoticeLine
                let resources: [String]
            }
            let put = try await station.cloud.take(3, from: queue.url, seconds: 3)
                .map { try JSONDecoder().decode(Event.self, from: Data($0.utf8)) }
            #expect(put.map(\.detail.summary).sorted() == summaries && put.allSatisfy { $0.source == "lazaret" })
            #expect(put.first?.resources == ["arn:aws:s3:::\(station.incoming)"])
        }

        @Test func `a destination that is down delays its notices, blocks no job, and is measured`() async throws {
            let station = try await StationFixture("notices-down")
            let receiver = try WebhookReceiver { $0.index < 3 ? .status(503) : .status(200) }
            defer { receiver.server.stop() }
            let queue = try await station.cloud.createQueue("notices-down-sqs")
            try station.notify(station.webhook(receiver), "{ sqs: \"\(queue.url)\" }")
            let worker = try station.startNotifier(["--listen", "127.0.0.1:0"])
            let address = try await Listening.address(of: worker)
            try await station.upload(Samples.text, "uploads/notes.txt")
            #expect(try await station.cloud.take(1, from: queue.url, seconds: 30).count == 1)
            let line = try await worker.logged("notices wait: their destination can't be used")
            #expect(line.contains("answered 503"))
            // Every second or so it is tried again.
            try await receiver.awaitRequests(4)
            _ = try await worker.logged("notices are sent again")
            #expect(Set(try receiver.notices().map(\.id)).count == 1)
            let metrics = try await Listening.get("\(address)/metrics").text.split(separator: "\n")
            for line in [
                "lazaret_notices_sent_total{destination=\"webhook:\(receiver.url)\"} 1",
                "lazaret_notices_failed_total{destination=\"webhook:\(receiver.url)\"} 3",
                "lazaret_notices_sent_total{destination=\"sqs:\(queue.url)\"} 1",
                "lazaret_notices_down{destination=\"webhook:\(receiver.url)\"} 0",
            ] { #expect(metrics.contains(Substring(line)), "\(line) in \(metrics)") }
            worker.send(SIGTERM)
            #expect(try await worker.exit(within: .seconds(30)).ending == .code(0))
        }

        /// When a worker is killed.
        enum Moment: CaseIterable {
            /// The outcome is on record, and the destination is down.
            case unsent
            /// The destination has the notice, and has not answered.
            case sending
            /// The destination has taken the notice, which is not on record.
            case unmarked
        }

        @Test(arguments: Moment.allCases)
        func `a worker that is killed loses no notice, and one that is repeated has the same id`(moment: Moment)
            async throws
        {
            let station = try await StationFixture("notices-killed-\(moment)", visibility: 10)
            try await killed(station, moment) { try await WriteLock(station.folder.path + "/lazaret.db") }
        }

        @Test(arguments: Moment.allCases)
        func `a worker that is killed loses no notice on PostgreSQL either`(moment: Moment) async throws {
            let server = try await PostgresServer.shared()
            try await server.withDatabase { name in
                var station = try await StationFixture("notices-killed-pg-\(moment)", visibility: 10)
                station.ledger = server.url(name)
                try await killed(station, moment) { try await WriteLock(of: server, name, table: "lazaret.notices") }
            }
        }

        private func killed(
            _ station: StationFixture, _ moment: Moment, _ lock: () async throws -> WriteLock
        ) async throws {
            let answers = DispatchSemaphore(value: 0)
            let receiver = try WebhookReceiver { request in
                guard request.index == 0 else { return .status(204) }
                switch moment {
                case .unsent: return .status(503)
                case .sending: return .neverAnswers
                case .unmarked:
                    answers.wait()
                    return .status(204)
                }
            }
            defer { receiver.server.stop() }
            try station.notify(station.webhook(receiver))
            try await station.upload(Eicar.bytes, "uploads/readme.txt")
            let worker = try station.startNotifier()
            try await receiver.awaitRequests(1)
            if moment == .unmarked {
                try await kill(worker, by: try await lock(), answers: answers)
            } else {
                if moment == .unsent { _ = try await worker.logged("notices wait: their destination can't be used") }
                worker.send(SIGKILL)
                _ = try await worker.exit(within: .seconds(30))
            }
            let waiting = try await station.notices(["list", "--json"])
            #expect(waiting.standardOutput.split(separator: "\n").count == 1, "\(waiting.standardError)")

            // What is being sent is due again after two minutes, or when an operator says so.
            let retried = try await station.notices(
                ["retry", "--destination", "webhook:\(receiver.url)", "--reason", "it is up again"])
            #expect(retried.standardError == "1 notice will be sent at once\n")
            let exit = try await station.startNotifier(idle: 1).exit(within: .seconds(90))
            #expect(exit.ending == .code(0), "\(exit.standardError)")
            let notices = try receiver.notices()
            #expect(notices.count == 2 && Set(notices.map(\.id)).count == 1)
            #expect(notices.map(\.summary) == Array(repeating: "outcome infected quarantined", count: 2))
            #expect(try await station.notices(["list"]).standardError == "no notices match\n")
        }

        /// Kills the worker after the receiver has answered and before that is on record.
        ///
        /// - Parameters:
        ///   - lock: keeps the worker from writing to the ledger.
        ///   - answers: lets the receiver answer.
        private func kill(_ worker: Program, by lock: WriteLock, answers: DispatchSemaphore) async throws {
            answers.signal()
            // The answer has come, and the worker waits for the ledger.
            try await Task.sleep(for: .milliseconds(500))
            worker.send(SIGKILL)
            _ = try await worker.exit(within: .seconds(30))
            try await lock.release()
        }

        @Test func `a review from the command line is sent by a worker that runs`() async throws {
            let station = try await StationFixture("notices-review")
            let receiver = try WebhookReceiver()
            defer { receiver.server.stop() }
            try station.notify(station.webhook(receiver))
            try await station.upload(Eicar.bytes, "uploads/readme.txt")
            let worker = try station.startNotifier()
            try await receiver.awaitRequests(1)
            let job = try await station.job("uploads/readme.txt")
            let release = try await station.review(["release", job.job, "--yes", "--reason", "ours"])
            #expect(release.ending == .code(0), "\(release.standardError)")
            try await receiver.awaitRequests(2)
            let notices = try receiver.notices()
            #expect(notices.map(\.summary) == ["outcome infected quarantined", "review infected promoted"])
            #expect(notices[1].review?.action == "release" && notices[1].destination?.bucketName == station.media)
            #expect((notices[0].revision ?? 0) < (notices[1].revision ?? 0))
            worker.send(SIGTERM)
            #expect(try await worker.exit(within: .seconds(30)).ending == .code(0))
        }

        @Test func `a stop does not wait for a destination that hangs`() async throws {
            let station = try await StationFixture("notices-stop")
            let receiver = try WebhookReceiver { _ in .neverAnswers }
            defer { receiver.server.stop() }
            try station.notify(station.webhook(receiver))
            try await station.upload(Samples.text, "uploads/notes.txt")
            let worker = try station.startNotifier()
            try await receiver.awaitRequests(1)
            let start = ContinuousClock.now
            worker.send(SIGTERM)
            #expect(try await worker.exit(within: .seconds(30)).ending == .code(0))
            #expect(ContinuousClock.now - start < .seconds(15))
            // Handed back: it is due at once.
            let list = try await station.notices(["list", "--json"])
            #expect(list.standardOutput.contains(#""attempts":1"#) && list.standardOutput.contains(#""error":null"#))
            let discarded = try await station.notices(["discard", "1", "--reason", "not needed"])
            #expect(discarded.standardError == "1 notice discarded\n")
            #expect(try await station.notices(["discard", "1", "--reason", "x"]).ending == .code(65))
            #expect(try await station.notices(["retry", "--reason", "x"]).ending == .code(64))
        }

        @Test func `check tries each destination, and with --write by a test notice`() async throws {
            let station = try await StationFixture("notices-check", route: nil)
            let queue = try await station.cloud.createQueue("notices-check-sqs")
            let receiver = try WebhookReceiver()
            defer { receiver.server.stop() }
            try station.notify(
                station.webhook(receiver), "{ sqs: \"\(queue.url)\" }", "{ sqs: \"\(queue.url)x\" }",
                "{ sns: arn:aws:sns:us-east-1:000000000000:nobody }")
            func check(_ flags: [String], _ secret: String = WebhookReceiver.secret) async throws -> String {
                try await Program(
                    StationFixture.lazaret,
                    [
                        "check", "--queue", station.queue.url, "--pipelines", station.folder.path + "/pipelines",
                        "--ledger", station.ledger, "--signatures", StationFixture.signatures, "--spool",
                        station.folder.path,
                    ] + flags,
                    environment: station.stack.environment.merging(["HOOK_SECRET": secret]) { $1 },
                    directory: station.folder.path
                ).exit(within: .seconds(60)).standardOutput
            }
            let read = try await check([])
            #expect(read.contains("ok    notices to sqs:\(queue.url)  the queue exists"), "\(read)")
            #expect(read.contains("FAIL  notices to sqs:\(queue.url)x") && read.contains("FAIL  notices to sns:"))
            #expect(read.contains("1 secret; not tried: use --write") && receiver.server.requests.isEmpty)
            let wrong = try await check([], "no secret")
            #expect(wrong.contains("FAIL  notices to webhook:") && !wrong.contains("no secret"))
            let written = try await check(["--write"])
            #expect(written.contains("ok    notices to webhook:\(receiver.url)  it took a test notice"), "\(written)")
            #expect(try receiver.notices().map(\.kind) == ["test"])
            #expect(try await station.cloud.take(1, from: queue.url).map { try NoticeLine($0).kind } == ["test"])
        }
    }
}
