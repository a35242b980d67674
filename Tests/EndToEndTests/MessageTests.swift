import Foundation
import TestKit
import Testing

extension EndToEnd {
    @Suite struct Messages {
        @Test(arguments: NotificationRoute.allCases)
        func `an upload is settled by any notification route`(_ route: NotificationRoute) async throws {
            let station = try await StationFixture("shape-\(route.rawValue)", route: route)
            try await station.upload(Samples.text, "uploads/a b+c ü.txt")
            // S3's test event, which EventBridge does not send, and the upload's event.
            let expected = route == .eventBridge ? 1 : 2
            #expect(try await station.cloud.awaitMessages(expected, in: station.queue) == expected)
            let summary = try await station.settle()

            #expect(summary.objects == 1)
            #expect(try await station.keys(station.media) == ["permanent/a b+c ü.txt"])
            #expect(try await station.keys(station.incoming).isEmpty)
            #expect(try await station.jobs().map(\.outcome) == ["settled"])
            try await station.expectDrained()
        }

        @Test func `every record of a message is settled separately`() async throws {
            let station = try await StationFixture("records", route: nil)
            var records: [String] = []
            for number in 1...5 {
                let body = number == 3 ? Eicar.bytes : Array("text \(number)\n".utf8)
                let written = try await station.upload(body, "uploads/\(number).txt")
                records.append(station.record("uploads/\(number).txt", size: body.count, etag: written.etag))
            }
            records.append(station.record("uploads/never-there.txt", size: 9, etag: "0123456789abcdef0123456789abcdef"))
            try await station.cloud.send("{\"Records\":[\(records.joined(separator: ","))]}", to: station.queue)
            try await station.settle()

            #expect(try await station.keys(station.media) == [1, 2, 4, 5].map { "permanent/\($0).txt" })
            #expect(try await station.keys(station.quarantine).count == 1)
            #expect(try await station.keys(station.incoming).isEmpty)
            #expect(try await station.job("uploads/never-there.txt").outcome == "gone")
            #expect(try await station.jobs().count == 6)
            try await station.expectDrained()
        }

        @Test func `a duplicate message changes nothing`() async throws {
            let station = try await StationFixture("twice", route: nil)
            let written = try await station.upload(Samples.text, "uploads/notes.txt")
            let record = station.record("uploads/notes.txt", size: Samples.text.count, etag: written.etag)
            for _ in 1...3 { try await station.cloud.send("{\"Records\":[\(record)]}", to: station.queue) }
            try await station.settle()
            let first = try #require(try await station.cloud.get(station.media, "permanent/notes.txt"))

            // Once more, to a new worker, which knows the job only from the ledger.
            try await station.cloud.send("{\"Records\":[\(record)]}", to: station.queue)
            try await station.settle()

            let job = try await station.job("uploads/notes.txt")
            #expect(job.outcome == "settled" && job.disposition == "promoted" && job.attempts == 1)
            #expect(try await station.keys(station.media) == ["permanent/notes.txt"])
            #expect(try await station.cloud.get(station.media, "permanent/notes.txt")?.sha256 == first.sha256)
            try await station.expectDrained()
        }

        static let unreadable = [
            "this is no JSON", "{}", "[1,2,3]", #"{"Records":[{"eventVersion":"3.0"}]}"#,
            #"{"Records":[{"eventVersion":"2.1","eventName":"ObjectCreated:Put"}]}"#,
        ]

        @Test func `an unreadable message reaches the dead-letter queue and touches no bucket`() async throws {
            let station = try await StationFixture("garbage", receives: 2)
            try await station.upload(Samples.text, "uploads/notes.txt")
            let sent = Self.unreadable
            for body in sent { try await station.cloud.send(body, to: station.queue) }
            // Each run receives every message at most once. Between the runs the visibility timeout passes.
            for _ in 1...3 {
                try await station.settle()
                try await station.stack.letTimePass(.seconds(1000), in: station.queue)
            }

            let dead = try #require(station.queue.deadLetters)
            #expect(try await station.cloud.counts(station.queue.url) == .none)
            #expect(try await Set(station.cloud.take(10, from: dead, seconds: 2)) == Set(sent))
            #expect(try await station.keys(station.incoming).isEmpty)
            #expect(try await station.keys(station.media) == ["permanent/notes.txt"])
            #expect(try await station.keys(station.quarantine).isEmpty)
            #expect(try await station.jobs().count == 1)
            try await expectListed(sent, station)
        }

        /// Requires that `lazaret jobs unreadable` lists these messages.
        private func expectListed(_ bodies: [String], _ station: StationFixture) async throws {
            struct Line: Decodable {
                let messageId: String
                let reason: String
                let body: String
                let receiveCount: Int
                let firstSeenAt: String
                let lastSeenAt: String
            }
            func unreadable(_ flags: String...) async throws -> Program.Exit {
                try await Program(
                    StationFixture.lazaret, ["jobs", "unreadable", "--ledger", station.ledger] + flags, environment: [:]
                ).exit(within: .seconds(30))
            }
            let lines = try await unreadable("--json").standardOutput.split(separator: "\n").map {
                try JSONDecoder().decode(Line.self, from: Data($0.utf8))
            }
            #expect(Set(lines.map(\.body)) == Set(bodies) && lines.count == bodies.count)
            #expect(lines.allSatisfy { $0.receiveCount == 2 && !$0.reason.isEmpty && $0.firstSeenAt < $0.lastSeenAt })
            let table = try await unreadable("--limit", "2")
            #expect(table.standardOutput.split(separator: "\n").count == 3, "\(table.standardOutput)")
            for line in lines.prefix(2) { #expect(table.standardOutput.contains(line.messageId)) }
            #expect(table.standardError.contains("only the newest 2 are listed; --limit N lists more"))
        }

        @Test(arguments: ["test-event.json", "deleted.json", "eventbridge-deleted.json", "lifecycle.json"])
        func `an event that is not an upload is acknowledged`(_ name: String) async throws {
            let station = try await StationFixture("no-upload-\(name.prefix { $0 != "." })", route: nil)
            let body = try String(contentsOfFile: "\(Project.root)/samples/events/\(name)", encoding: .utf8)
            try await station.cloud.send(body, to: station.queue)
            let summary = try await station.settle()
            #expect(summary.objects == 0)
            try await station.expectDrained()
        }
    }
}
