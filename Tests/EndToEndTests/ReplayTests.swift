import Foundation
import Glibc
import Support
import TestKit
import Testing

extension EndToEnd {
    /// `lazaret replay`, as it is built, against a queue and a ledger.
    @Suite struct Replay {
        /// One line of `lazaret replay --json`.
        private struct Line: Decodable {
            let action: String
            let job: String?
            let key: String?
            let outcome: String?
            let messageId: String?
            let reason: String?
            let dryRun: Bool
        }

        /// The end of `lazaret jobs show --json`.
        private struct Sheet: Decodable {
            struct Past: Decodable {
                let outcome: String
                let attempts: Int
            }
            struct Entry: Decodable {
                let actor: String
                let action: String
                let subject: String
                let reason: String
            }
            let outcome: String?
            let disposition: String?
            let attempts: Int
            let strandedAt: String?
            let history: [Past]
            let audit: [Entry]
        }

        private func start(
            _ station: Station, _ words: [String], sqs endpoint: String? = nil
        ) throws -> Program {
            var environment = station.stack.environment
            environment["AWS_ENDPOINT_URL_SQS"] = endpoint
            return try Program(
                Station.lazaret, ["replay", "--ledger", station.ledger] + words, environment: environment)
        }

        private func replay(_ station: Station, _ words: [String]) async throws -> Program.Exit {
            try await start(station, words + ["--queue", station.queue.url]).exit(within: .seconds(60))
        }

        private func lines(_ exit: Program.Exit) throws -> [Line] {
            try exit.standardOutput.split(separator: "\n").map {
                try JSONDecoder().decode(Line.self, from: Data($0.utf8))
            }
        }

        private func sheet(_ station: Station, _ job: String) async throws -> Sheet {
            let exit = try await Program(
                Station.lazaret, ["jobs", "show", "--json", job, "--ledger", station.ledger], environment: [:]
            ).exit(within: .seconds(30))
            return try JSONDecoder().decode(Sheet.self, from: Data(exit.standardOutput.utf8))
        }

        private func stranded(_ station: Station) async throws -> [String] {
            let exit = try await Program(
                Station.lazaret, ["jobs", "list", "--outcome", "stranded", "--json", "--ledger", station.ledger],
                environment: [:]
            ).exit(within: .seconds(30))
            return try exit.standardOutput.split(separator: "\n").map {
                try JSONDecoder().decode(JobLine.self, from: Data($0.utf8)).job
            }
        }

        /// A ledger of so many jobs that no pipeline took, and one that was promoted.
        private func unmatched(_ name: String, _ keys: [String]) async throws -> Station {
            let station = try await Station(name)
            for key in keys + ["uploads/fine.txt"] { try await station.upload(Samples.text, key) }
            // S3's test event comes first.
            #expect(try await station.cloud.awaitMessages(keys.count + 2, in: station.queue) == keys.count + 2)
            try await station.settle()
            #expect(try await station.jobs().count { $0.outcome == "unmatched" } == keys.count)
            return station
        }

        @Test func `what no pipeline took is taken once one does and twice is as good`() async throws {
            let station = try await unmatched("replay-twice", ["elsewhere/a b+ü%.txt"])
            let job = try await station.job("elsewhere/a b+ü%.txt").job
            try station.write(rules: Station.laxRules)
            for _ in 1...2 {
                let exit = try await replay(
                    station, ["--outcome", "unmatched", "--actor", "mara", "--note", "there is a rule now"])
                #expect(exit.ending == .code(0) && exit.standardOutput.isEmpty, "\(exit.standardError)")
            }
            // The second one finds nothing that is unmatched; this one finds the job open.
            let again = try await replay(station, ["--json", job])
            #expect(try lines(again).map(\.action) == ["send"])
            #expect(again.standardError == "1 replayed\n")
            #expect(try await stranded(station) == [job])
            try await station.settle()

            let sheet = try await sheet(station, job)
            #expect(sheet.outcome == "settled" && sheet.disposition == "promoted" && sheet.attempts == 2)
            #expect(sheet.strandedAt == nil && sheet.history.map(\.outcome) == ["unmatched"])
            #expect(sheet.history.map(\.attempts) == [1])
            #expect(sheet.audit.map(\.action) == ["replay", "replay"])
            #expect(sheet.audit.allSatisfy { $0.subject == "s3://\(station.incoming)/elsewhere/a b+ü%.txt" })
            #expect(sheet.audit.first?.actor == "mara" && sheet.audit.first?.reason == "there is a rule now")
            #expect(sheet.audit.last?.reason == "by id" && sheet.audit.last?.actor.contains("@") == true)
            #expect(try await station.keys(station.media) == ["elsewhere/a b+ü%.txt", "permanent/fine.txt"])
            try await station.expectDrained()
        }

        @Test func `a dry run tells each job and changes nothing`() async throws {
            let station = try await unmatched("replay-dry", ["elsewhere/a.txt"])
            let before = try await Program(
                Station.lazaret, ["jobs", "list", "--json", "--ledger", station.ledger], environment: [:]
            ).exit(within: .seconds(30)).standardOutput
            let exit = try await replay(station, ["--bucket", station.incoming, "--dry-run", "--json"])
            #expect(exit.ending == .code(0))
            let told = try lines(exit).sorted { $0.action < $1.action }
            #expect(told.map(\.action) == ["leave", "reopen"] && told.allSatisfy(\.dryRun))
            #expect(told.map(\.key) == ["uploads/fine.txt", "elsewhere/a.txt"])
            #expect(told.map(\.outcome) == ["settled", "unmatched"])
            #expect(told[0].reason?.contains("s3://\(station.media)/permanent/fine.txt") == true)
            #expect(
                exit.standardError
                    == "1 would be replayed (1 reopened), 1 skipped (1 promoted); nothing was changed\n")

            let text = try await replay(station, ["--outcome", "unmatched", "--dry-run"])
            #expect(text.standardOutput.hasPrefix("reopen       "))
            #expect(text.standardOutput.hasSuffix("s3://\(station.incoming)/elsewhere/a.txt  was unmatched\n"))
            let after = try await Program(
                Station.lazaret, ["jobs", "list", "--json", "--ledger", station.ledger], environment: [:]
            ).exit(within: .seconds(30)).standardOutput
            #expect(after == before)
            try await station.expectDrained()
        }

        @Test func `a kill between opening and sending leaves a job that the next replay sends`() async throws {
            let station = try await unmatched("replay-killed", ["elsewhere/a.txt", "elsewhere/b.txt"])
            let ids = Set(try await station.jobs().filter { $0.outcome == "unmatched" }.map(\.job))
            let isSending = Promise<Void>()
            let server = try ScriptedServer { request in
                guard request["x-amz-target"] == "AmazonSQS.SendMessageBatch" else {
                    return .status(200, #"{"Attributes":{"QueueArn":"arn:aws:sqs:us-east-1:000000000000:q"}}"#)
                }
                isSending.keep(())
                return .neverAnswers
            }
            defer { server.stop() }
            let program = try start(
                station, ["--outcome", "unmatched", "--queue", station.queue.url], sqs: server.url)
            try await within(.seconds(30), "the request that sends") { await isSending.value }
            program.send(SIGKILL)
            #expect(try await program.exit(within: .seconds(10)).ending == .signal(SIGKILL))
            #expect(Set(try await stranded(station)) == ids)
            try await station.expectDrained()

            try station.write(rules: Station.laxRules)
            let next = try await replay(station, ["--failed", "--json"])
            #expect(Set(try lines(next).compactMap(\.job)) == ids)
            try await station.settle()
            #expect(try await station.jobs().allSatisfy { $0.outcome == "settled" })
            #expect(try await stranded(station).isEmpty)
            try await station.expectDrained()
        }

        @Test func `sigint stops between two jobs`() async throws {
            let station = try await unmatched("replay-stopped", (1...4).map { "elsewhere/\($0).txt" })
            let program = try start(
                station, ["--outcome", "unmatched", "--rate", "0.1/s", "--json", "--queue", station.queue.url])
            // The second job would be sent ten seconds later.
            _ = try await program.outputLine(within: .seconds(30)) { $0.contains("reopen") }
            program.send(SIGINT)
            let exit = try await program.exit(within: .seconds(20))
            #expect(exit.ending == .code(75))
            #expect(exit.standardError.contains("1 replayed (1 reopened)\n"), "\(exit.standardError)")
            let open = try await stranded(station)
            #expect(open.count == 1)
            #expect(try await station.cloud.counts(station.queue.url) == QueueCounts(visible: 1, inFlight: 0))
        }

        @Test func `a person at a terminal sees how far it is and then the sum`() async throws {
            let station = try await unmatched("replay-terminal", ["elsewhere/a.txt"])
            let exit = try await Program(
                Project.python,
                [
                    Project.fixture("kit/terminal.py"), "80", Station.lazaret, "replay", "--outcome", "unmatched",
                    "--ledger", station.ledger, "--queue", station.queue.url,
                ],
                environment: station.stack.environment.merging(["TERM": "xterm"]) { _, new in new }
            ).exit(within: .seconds(60))
            #expect(
                exit.standardOutput
                    == "\r\u{1B}[K1 replayed  0 skipped\r\u{1B}[K1 replayed (1 reopened)\r\n",
                "\(exit.standardOutput.debugDescription)")
        }

        @Test func `a job that is not there is told and hides no other`() async throws {
            let station = try await unmatched("replay-unknown", ["elsewhere/a.txt"])
            let job = try await station.job("elsewhere/a.txt").job
            let unknown = String(repeating: "0", count: 32)
            let exit = try await replay(station, [unknown, job])
            #expect(exit.ending == .code(65))
            #expect(
                exit.standardError
                    == "1 replayed (1 reopened), 1 not found\nlazaret: the ledger has no job \(unknown)\n")
            #expect(try await station.cloud.counts(station.queue.url).visible == 1)
        }

        @Test func `a queue that is not there opens nothing`() async throws {
            let station = try await unmatched("replay-no-queue", ["elsewhere/a.txt"])
            let exit = try await start(
                station, ["--outcome", "unmatched", "--queue", station.queue.url + "-not-there"]
            ).exit(within: .seconds(30))
            #expect(exit.ending == .code(78), "\(exit.standardError)")
            #expect(try await station.job("elsewhere/a.txt").outcome == "unmatched")
        }

        // The dead-letter queue

        /// A station whose dead-letter queue holds messages: of two uploads, of a job that is done, and one that is none.
        private func withDeadLetters(_ name: String) async throws -> (station: Station, dead: String) {
            let station = try await Station(name, route: nil)
            let dead = try #require(station.queue.deadLetters)
            let queue = try JSONDecoder().decode(Queue.self, from: Data(#"{"url":"\#(dead)"}"#.utf8))
            let body = Samples.text
            let done = try await station.upload(body, "uploads/done.txt")
            let record = station.record("uploads/done.txt", size: body.count, etag: done.etag)
            try await station.cloud.send("{\"Records\":[\(record)]}", to: station.queue)
            try await station.settle()
            var records = [record]
            for key in ["uploads/a/1.txt", "uploads/b/2.txt"] {
                let written = try await station.upload(body, key)
                records.append(station.record(key, size: body.count, etag: written.etag))
            }
            for record in records { try await station.cloud.send("{\"Records\":[\(record)]}", to: queue) }
            try await station.cloud.send("no event at all", to: queue)
            return (station, dead)
        }

        @Test func `of a dead letter queue only what fits is sent and the rest is shown again`() async throws {
            let (station, dead) = try await withDeadLetters("replay-dlq-some")
            let dry = try await replay(station, ["--dlq", dead, "--prefix", "uploads/a/", "--dry-run", "--json"])
            #expect(try lines(dry).map(\.action).sorted() == ["leave", "send"], "\(dry.standardError)")
            #expect(try await station.cloud.counts(dead) == QueueCounts(visible: 4, inFlight: 0))
            #expect(try await station.cloud.counts(station.queue.url) == .none)

            let exit = try await replay(station, ["--dlq", dead, "--prefix", "uploads/a/", "--json"])
            #expect(exit.ending == .code(0), "\(exit.standardError)")
            let sent = try lines(exit).filter { $0.action == "send" }
            #expect(sent.map(\.key) == ["uploads/a/1.txt"])
            #expect(try lines(exit).first { $0.action == "leave" }?.reason?.contains("can't be read") == true)
            #expect(try await station.cloud.counts(dead) == QueueCounts(visible: 3, inFlight: 0))
            try await station.settle()
            #expect(try await station.keys(station.media) == ["permanent/a/1.txt", "permanent/done.txt"])
            #expect(try await sheet(station, try #require(sent[0].job)).audit.map(\.action) == ["replay"])
        }

        /// The local cloud does not know StartMessageMoveTask.
        @Test func `a whole dead letter queue is sent message by message where SQS cannot move it`() async throws {
            let (station, dead) = try await withDeadLetters("replay-dlq-all")
            let nowhere = try await start(station, ["--dlq", dead]).exit(within: .seconds(30))
            #expect(nowhere.ending == .code(64) && nowhere.standardError.contains("--queue URL"))

            let exit = try await replay(station, ["--dlq", dead, "--json"])
            #expect(exit.ending == .code(0), "\(exit.standardError)")
            #expect(try lines(exit).map(\.action).sorted() == ["acknowledge", "leave", "send", "send"])
            #expect(try await station.cloud.counts(dead) == QueueCounts(visible: 1, inFlight: 0))
            #expect(try await station.cloud.counts(station.queue.url).visible == 2)
            try await station.settle()
            #expect(try await station.jobs().count { $0.outcome == "settled" } == 3)
            #expect(
                try await sheet(station, try await station.job("uploads/done.txt").job).audit.map(\.action)
                    == ["acknowledge"])
        }

        @Test func `a whole dead letter queue is moved by SQS where it can`() async throws {
            let station = try await unmatched("replay-move", [])
            let sqs = try MovingSQS { number in number < 3 ? "RUNNING" : "COMPLETED" }
            defer { sqs.server.stop() }
            let server = sqs.server
            let exit = try await start(
                station,
                [
                    "--dlq", "\(server.url)/1/dead", "--queue", "\(server.url)/1/live", "--rate", "50/s", "--actor",
                    "mara",
                ], sqs: server.url
            ).exit(within: .seconds(30))
            #expect(exit.ending == .code(0))
            #expect(exit.standardError == "30 messages moved by SQS\n")
            let started = sqs.requests.filter { $0.hasPrefix("StartMessageMoveTask") }
            #expect(
                started == [
                    #"StartMessageMoveTask {"SourceArn":"arn:aws:sqs:us-east-1:1:dead","#
                        + #""DestinationArn":"arn:aws:sqs:us-east-1:1:live","MaxNumberOfMessagesPerSecond":50}"#
                ])
        }

        @Test func `who stops a move has SQS stop it`() async throws {
            let station = try await unmatched("replay-move-stopped", [])
            let isFollowed = Promise<Void>()
            let sqs = try MovingSQS { _ in
                isFollowed.keep(())
                return "RUNNING"
            }
            defer { sqs.server.stop() }
            let program = try start(station, ["--dlq", "\(sqs.server.url)/1/dead"], sqs: sqs.server.url)
            try await within(.seconds(30), "a question how far it is") { await isFollowed.value }
            program.send(SIGINT)
            let exit = try await program.exit(within: .seconds(30))
            #expect(exit.ending == .code(75))
            #expect(exit.standardError == "lazaret: stopped after 7 messages; the others stay in the dead-letter queue\n")
            #expect(sqs.requests.last == #"CancelMessageMoveTask {"TaskHandle":"handle"}"#)
        }

        @Test func `a move that fails is told with SQS's reason`() async throws {
            let station = try await unmatched("replay-move-failed", [])
            let sqs = try MovingSQS { _ in "FAILED" }
            defer { sqs.server.stop() }
            let exit = try await start(
                station, ["--dlq", "\(sqs.server.url)/1/dead"], sqs: sqs.server.url
            ).exit(within: .seconds(30))
            #expect(exit.ending == .code(69))
            #expect(exit.standardError == "lazaret: SQS gave up after 20 messages: AccessDenied\n")
        }

        @Test(arguments: [
            ([], "needs a selection of jobs"), (["--failed"], "needs --queue URL"),
            (["--failed", "--outcome", "gone"], "can't be combined"), (["x"], "is not a job ID"),
            ([String(repeating: "0", count: 32), "--failed"], "not both"),
            (["--failed", "--rate", "0"], "--rate takes a rate"),
            (["--signatures-before", "daily"], "takes a version such as 27000"),
            (["--dlq", "http://127.0.0.1/q", "--queue", "http://127.0.0.1/q"], "name the same queue"),
        ])
        func `what is asked for wrongly is told before anything is reached`(_ words: [String], _ advice: String)
            async throws
        {
            let exit = try await Program(Station.lazaret, ["replay"] + words, environment: [:])
                .exit(within: .seconds(30))
            #expect(exit.ending == .code(64) && exit.standardOutput.isEmpty)
            #expect(exit.standardError.contains(advice), "\(exit.standardError)")
        }
    }
}

/// SQS as far as the moving of a dead-letter queue needs it.
private struct MovingSQS {
    let server: ScriptedServer
    private let asked: Asked

    private final class Asked: Sendable {
        let requests = Locked<[String]>([])
    }

    /// Operations and their input, in the order they came.
    var requests: [String] { asked.requests.withLock { $0 } }

    /// - Parameter status: how the task stands at the `number`th question, from 2 on: the first is answered with a task of
    ///   another day.
    init(status: @escaping @Sendable (_ number: Int) -> String) throws {
        let asked = Asked()
        self.asked = asked
        server = try ScriptedServer { request in
            let name = request["x-amz-target"]?.split(separator: ".").last.map(String.init) ?? ""
            let body = String(decoding: request.body, as: UTF8.self)
            let number = asked.requests.withLock { requests in
                requests.append("\(name) \(body)")
                return requests.count { $0.hasPrefix("ListMessageMoveTasks") }
            }
            switch name {
            case "GetQueueAttributes":
                let queue = body.contains("dead") ? "dead" : "live"
                return .status(200, #"{"Attributes":{"QueueArn":"arn:aws:sqs:us-east-1:1:\#(queue)"}}"#)
            case "StartMessageMoveTask": return .status(200, #"{"TaskHandle":"handle"}"#)
            case "CancelMessageMoveTask": return .status(200, #"{"ApproximateNumberOfMessagesMoved":7}"#)
            case "ListMessageMoveTasks" where number == 1:
                return .status(200, #"{"Results":[{"Status":"COMPLETED","StartedTimestamp":1}]}"#)
            case "ListMessageMoveTasks":
                let task =
                    #""Status":"\#(status(number))","TaskHandle":"handle","FailureReason":"AccessDenied","#
                    + #""ApproximateNumberOfMessagesMoved":\#(number * 10),"StartedTimestamp":2"#
                return .status(200, #"{"Results":[{\#(task)}]}"#)
            default: return .status(400, #"{"__type":"InvalidAction"}"#)
            }
        }
    }
}
