import Foundation
import TestKit
import Testing

extension EndToEnd {
    /// Workers that share a ledger on a server.
    @Suite struct SharedLedger {
        @Test func workersThatStartAtOnceMakeTheLedgerTogetherAndShareTheWork() async throws {
            let server = try await PostgresServer.shared()
            try await server.withDatabase { name in
                var station = try await Station("shared-ledger")
                station.ledger = server.url(name)
                for number in 0..<12 { try await station.upload(Samples.text, "uploads/\(number).txt") }
                let workers = [
                    try station.startWorker(idle: 2, ["--scanners", "1"]),
                    try station.startWorker(idle: 2, ["--scanners", "1"]),
                ]
                for worker in workers {
                    let exit = try await worker.exit(within: .seconds(90))
                    #expect(exit.ending == .code(0), "\(exit.standardError)")
                }
                let jobs = try await station.jobs()
                #expect(jobs.count == 12 && jobs.allSatisfy { $0.outcome == "settled" && $0.attempts == 1 })
                #expect(try await station.keys(station.media).count == 12)
                #expect(try await station.keys(station.incoming).isEmpty)
                try await station.expectDrained()
            }
        }

        @Test func aServerThatIsKilledIsWaitedForAndNothingIsLost() async throws {
            let server = try await PostgresServer()
            try await server.withDatabase { name in
                var station = try await Station("ledger-outage")
                station.ledger = server.url(name)
                try await station.upload(Samples.text, "uploads/before.txt")
                let worker = try station.startWorker(idle: 3, ["--scanners", "1"])
                _ = try await worker.errorLine(within: .seconds(60)) { $0.contains("\"message\":\"started\"") }
                try await server.kill()
                for number in 0..<6 { try await station.upload(Samples.text, "uploads/\(number).txt") }
                _ = try await worker.errorLine(within: .seconds(60)) { $0.contains("ledger unreachable") }
                try await server.start()
                let exit = try await worker.exit(within: .seconds(90))
                #expect(exit.ending == .code(0), "\(exit.standardError)")
                let jobs = try await station.jobs()
                #expect(jobs.count == 7 && jobs.allSatisfy { $0.outcome == "settled" })
                #expect(try await station.keys(station.media).count == 7)
                try await station.expectDrained()
            }
        }

        @Test func whatIsWrongWithAServerIsToldWithoutThePassword() async throws {
            let server = try await PostgresServer.shared()
            try await server.withDatabase { name in
                let list = ["jobs", "list", "--ledger"]
                let empty = try await Program(Station.lazaret, list + [server.url(name)], environment: [:])
                    .exit(within: .seconds(30))
                #expect(empty.ending == .code(78) && empty.standardError.contains("`lazaret run` makes them"))
                let away = try await Program(
                    Station.lazaret, list + ["postgres://mara:hush-hush@/db?host=/nowhere&password=hush-hush"],
                    environment: [:]
                ).exit(within: .seconds(30))
                #expect(away.ending == .code(69) && away.standardError.contains("/nowhere"))
                #expect(!away.standardError.contains("hush-hush"))
            }
        }
    }
}
