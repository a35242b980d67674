import Foundation
import Glibc
import TestKit
import Testing

/// `lazaret replay --dlq`.
extension EndToEnd.Replay {
    /// A station with four dead letters: two uploads, one of a settled job, and one that is not an event.
    private func withDeadLetters(_ name: String) async throws -> (station: StationFixture, dead: String) {
        let station = try await StationFixture(name, route: nil)
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

    @Test func `only the dead letters that match are sent and the others become visible again`() async throws {
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
        #expect(try await details(station, try #require(sent[0].job)).audit.map(\.action) == ["replay"])
    }

    /// The local cloud does not know StartMessageMoveTask.
    @Test func `a dead-letter queue is sent message by message if SQS cannot move it`() async throws {
        let (station, dead) = try await withDeadLetters("replay-dlq-all")
        let refused = try await start(station, ["--dlq", dead]).exit(within: .seconds(30))
        #expect(refused.ending == .code(64) && refused.standardError.contains("--queue URL"))

        let exit = try await replay(station, ["--dlq", dead, "--json"])
        #expect(exit.ending == .code(0), "\(exit.standardError)")
        #expect(try lines(exit).map(\.action).sorted() == ["acknowledge", "leave", "send", "send"])
        #expect(try await station.cloud.counts(dead) == QueueCounts(visible: 1, inFlight: 0))
        #expect(try await station.cloud.counts(station.queue.url).visible == 2)
        try await station.settle()
        #expect(try await station.jobs().count { $0.outcome == "settled" } == 3)
        #expect(
            try await details(station, try await station.job("uploads/done.txt").job).audit.map(\.action)
                == ["acknowledge"])
    }

    @Test func `a dead-letter queue without filters is moved by SQS`() async throws {
        let station = try await unmatched("replay-move", [])
        let sqs = try ScriptedMoveSQS { number in number < 3 ? "RUNNING" : "COMPLETED" }
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

    @Test func `a stop signal cancels the move in SQS`() async throws {
        let station = try await unmatched("replay-move-stopped", [])
        let isFollowed = Promise<Void>()
        let sqs = try ScriptedMoveSQS { _ in
            isFollowed.keep(())
            return "RUNNING"
        }
        defer { sqs.server.stop() }
        let program = try start(station, ["--dlq", "\(sqs.server.url)/1/dead"], sqs: sqs.server.url)
        try await within(.seconds(30), "a request for the progress") { await isFollowed.value }
        program.send(SIGINT)
        let exit = try await program.exit(within: .seconds(30))
        #expect(exit.ending == .code(75))
        #expect(exit.standardError == "lazaret: stopped after 7 messages; the others stay in the dead-letter queue\n")
        #expect(sqs.requests.last == #"CancelMessageMoveTask {"TaskHandle":"handle"}"#)
    }

    @Test func `a failed move is reported with SQS's reason`() async throws {
        let station = try await unmatched("replay-move-failed", [])
        let sqs = try ScriptedMoveSQS { _ in "FAILED" }
        defer { sqs.server.stop() }
        let exit = try await start(
            station, ["--dlq", "\(sqs.server.url)/1/dead"], sqs: sqs.server.url
        ).exit(within: .seconds(30))
        #expect(exit.ending == .code(69))
        #expect(exit.standardError == "lazaret: SQS gave up after 20 messages: AccessDenied\n")
    }
}
