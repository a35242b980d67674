import Foundation
import Glibc
import Support
import TestKit
import Testing

extension EndToEnd {
    /// `lazaret replay` against a queue and a ledger.
    @Suite struct Replay {
        /// One line of `lazaret replay --json`.
        struct Line: Decodable {
            let action: String
            let job: String?
            let key: String?
            let outcome: String?
            let messageId: String?
            let reason: String?
            let dryRun: Bool
        }

        /// Fields of `lazaret jobs show --json`.
        struct Details: Decodable {
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

        func start(
            _ station: StationFixture, _ words: [String], sqs endpoint: String? = nil
        ) throws -> Program {
            var environment = station.stack.environment
            environment["AWS_ENDPOINT_URL_SQS"] = endpoint
            return try Program(
                StationFixture.lazaret, ["replay", "--ledger", station.ledger] + words, environment: environment)
        }

        func replay(_ station: StationFixture, _ words: [String]) async throws -> Program.Exit {
            try await start(station, words + ["--queue", station.queue.url]).exit(within: .seconds(60))
        }

        func lines(_ exit: Program.Exit) throws -> [Line] {
            try exit.standardOutput.split(separator: "\n").map {
                try JSONDecoder().decode(Line.self, from: Data($0.utf8))
            }
        }

        func details(_ station: StationFixture, _ job: String) async throws -> Details {
            let exit = try await Program(
                StationFixture.lazaret, ["jobs", "show", "--json", job, "--ledger", station.ledger], environment: [:]
            ).exit(within: .seconds(30))
            return try JSONDecoder().decode(Details.self, from: Data(exit.standardOutput.utf8))
        }

        private func stranded(_ station: StationFixture) async throws -> [String] {
            let exit = try await Program(
                StationFixture.lazaret,
                ["jobs", "list", "--outcome", "stranded", "--json", "--ledger", station.ledger],
                environment: [:]
            ).exit(within: .seconds(30))
            return try exit.standardOutput.split(separator: "\n").map {
                try JSONDecoder().decode(JobLine.self, from: Data($0.utf8)).job
            }
        }

        /// A station whose ledger has an unmatched job for each key, and one promoted job.
        func unmatched(_ name: String, _ keys: [String]) async throws -> StationFixture {
            let station = try await StationFixture(name)
            for key in keys + ["uploads/fine.txt"] { try await station.upload(Samples.text, key) }
            // S3's test event comes first.
            #expect(try await station.cloud.awaitMessages(keys.count + 2, in: station.queue) == keys.count + 2)
            try await station.settle()
            #expect(try await station.jobs().count { $0.outcome == "unmatched" } == keys.count)
            return station
        }

        @Test func `an unmatched job is processed once a pipeline matches and a second replay changes nothing`()
            async throws
        {
            let station = try await unmatched("replay-twice", ["elsewhere/a b+ü%.txt"])
            let job = try await station.job("elsewhere/a b+ü%.txt").job
            try station.write(rules: StationFixture.laxRules)
            for _ in 1...2 {
                let exit = try await replay(
                    station, ["--outcome", "unmatched", "--actor", "mara", "--note", "there is a rule now"])
                #expect(exit.ending == .code(0) && exit.standardOutput.isEmpty, "\(exit.standardError)")
            }
            // The second replay finds no unmatched job; this one finds the job open.
            let again = try await replay(station, ["--json", job])
            #expect(try lines(again).map(\.action) == ["send"])
            #expect(again.standardError == "1 replayed\n")
            #expect(try await stranded(station) == [job])
            try await station.settle()

            let details = try await details(station, job)
            #expect(details.outcome == "settled" && details.disposition == "promoted" && details.attempts == 2)
            #expect(details.strandedAt == nil && details.history.map(\.outcome) == ["unmatched"])
            #expect(details.history.map(\.attempts) == [1])
            #expect(details.audit.map(\.action) == ["replay", "replay"])
            #expect(details.audit.allSatisfy { $0.subject == "s3://\(station.incoming)/elsewhere/a b+ü%.txt" })
            #expect(details.audit.first?.actor == "mara" && details.audit.first?.reason == "there is a rule now")
            #expect(details.audit.last?.reason == "by id" && details.audit.last?.actor.contains("@") == true)
            #expect(try await station.keys(station.media) == ["elsewhere/a b+ü%.txt", "permanent/fine.txt"])
            try await station.expectDrained()
        }

        @Test func `a dry run lists each job and changes nothing`() async throws {
            let station = try await unmatched("replay-dry", ["elsewhere/a.txt"])
            let before = try await Program(
                StationFixture.lazaret, ["jobs", "list", "--json", "--ledger", station.ledger], environment: [:]
            ).exit(within: .seconds(30)).standardOutput
            let exit = try await replay(station, ["--bucket", station.incoming, "--dry-run", "--json"])
            #expect(exit.ending == .code(0))
            let steps = try lines(exit).sorted { $0.action < $1.action }
            #expect(steps.map(\.action) == ["leave", "reopen"] && steps.allSatisfy(\.dryRun))
            #expect(steps.map(\.key) == ["uploads/fine.txt", "elsewhere/a.txt"])
            #expect(steps.map(\.outcome) == ["settled", "unmatched"])
            #expect(steps[0].reason?.contains("s3://\(station.media)/permanent/fine.txt") == true)
            #expect(
                exit.standardError
                    == "1 would be replayed (1 reopened), 1 skipped (1 promoted); nothing was changed\n")

            let text = try await replay(station, ["--outcome", "unmatched", "--dry-run"])
            #expect(text.standardOutput.hasPrefix("reopen       "))
            #expect(text.standardOutput.hasSuffix("s3://\(station.incoming)/elsewhere/a.txt  was unmatched\n"))
            let after = try await Program(
                StationFixture.lazaret, ["jobs", "list", "--json", "--ledger", station.ledger], environment: [:]
            ).exit(within: .seconds(30)).standardOutput
            #expect(after == before)
            try await station.expectDrained()
        }

        @Test func `a kill between reopening and sending leaves a stranded job that the next replay sends`()
            async throws
        {
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

            try station.write(rules: StationFixture.laxRules)
            let next = try await replay(station, ["--failed", "--json"])
            #expect(Set(try lines(next).compactMap(\.job)) == ids)
            try await station.settle()
            #expect(try await station.jobs().allSatisfy { $0.outcome == "settled" })
            #expect(try await stranded(station).isEmpty)
            try await station.expectDrained()
        }

        @Test func `SIGINT stops between two jobs`() async throws {
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

        @Test func `a terminal shows the progress and then the summary`() async throws {
            let station = try await unmatched("replay-terminal", ["elsewhere/a.txt"])
            let exit = try await Program(
                Project.python,
                [
                    Project.fixture("kit/terminal.py"), "80", StationFixture.lazaret, "replay", "--outcome",
                    "unmatched",
                    "--ledger", station.ledger, "--queue", station.queue.url,
                ],
                environment: station.stack.environment.merging(["TERM": "xterm"]) { _, new in new }
            ).exit(within: .seconds(60))
            #expect(
                exit.standardOutput
                    == "\r\u{1B}[K1 replayed  0 skipped\r\u{1B}[K1 replayed (1 reopened)\r\n",
                "\(exit.standardOutput.debugDescription)")
        }

        @Test func `an unknown job exits with 65 and does not hide the others`() async throws {
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

        @Test func `a missing queue reopens no job`() async throws {
            let station = try await unmatched("replay-no-queue", ["elsewhere/a.txt"])
            let exit = try await start(
                station, ["--outcome", "unmatched", "--queue", station.queue.url + "-not-there"]
            ).exit(within: .seconds(30))
            #expect(exit.ending == .code(78), "\(exit.standardError)")
            #expect(try await station.job("elsewhere/a.txt").outcome == "unmatched")
        }

        @Test(arguments: [
            ([], "needs a selection of jobs"), (["--failed"], "needs --queue URL"),
            (["--failed", "--outcome", "gone"], "can't be combined"), (["x"], "is not a job ID"),
            ([String(repeating: "0", count: 32), "--failed"], "not both"),
            (["--failed", "--rate", "0"], "--rate takes a rate"),
            (["--signatures-before", "daily"], "takes a version such as 27000"),
            (["--dlq", "http://127.0.0.1/q", "--queue", "http://127.0.0.1/q"], "name the same queue"),
        ])
        func `a usage error is reported before any connection is made`(_ words: [String], _ advice: String)
            async throws
        {
            let exit = try await Program(StationFixture.lazaret, ["replay"] + words, environment: [:])
                .exit(within: .seconds(30))
            #expect(exit.ending == .code(64) && exit.standardOutput.isEmpty)
            #expect(exit.standardError.contains(advice), "\(exit.standardError)")
        }
    }
}
