import Foundation
import Glibc
import Support
import TestKit
import Testing

extension EndToEnd {
    /// A worker whose cloud is away, or whose ledger is lost.
    @Suite struct Outages {
        private func ready(_ address: String, _ expected: (Int, String)) async throws {
            try await within(.seconds(30), "\(expected) of /readyz") {
                while try await Listening.get("\(address)/readyz") != expected {
                    try await Task.sleep(for: .milliseconds(50))
                }
            }
        }

        @Test func `an outage of S3 makes a worker unready until it is over`() async throws {
            let station = try await StationFixture("outage-ready")
            let proxy = try FaultProxy(to: station.stack)
            defer { proxy.stop() }
            let isDown = Flag()
            proxy.add { call in isDown.isSet && call.operation == .getObject ? .slowDown : nil }
            let worker = try station.startWorker(
                idle: nil, ["--listen", "127.0.0.1:0"], environment: proxy.environment)
            let address = try await Listening.address(of: worker)
            try await worker.logged("started")
            try await ready(address, (200, "ready\n"))
            isDown.set(true)
            for key in ["uploads/a.txt", "uploads/b.txt"] { try await station.upload(Samples.text, key) }
            try await worker.logged("S3 can't be used: its jobs wait, and nothing is received for them")
            try await ready(address, (503, "not ready: S3 can't be used\n"))
            isDown.set(false)
            try await ready(address, (200, "ready\n"))
            try await within(.seconds(30), "the two objects") {
                while try await station.keys(station.media).count < 2 { try await Task.sleep(for: .milliseconds(50)) }
            }
            worker.send(SIGTERM)
            #expect(try await worker.exit(within: .seconds(30)).ending == .code(0))
            try await station.expectDrained()
        }

        @Test func `a worker whose stores and queue are away ends at its hard end`() async throws {
            let station = try await StationFixture("outage-end")
            let proxy = try FaultProxy(to: station.stack)
            let isDown = Flag()
            // All of the cloud is away for the worker.
            proxy.add { _ in isDown.isSet ? .reset : nil }
            proxy.add(.getObject, .slowDown)
            let worker = try station.startWorker(
                idle: nil, ["--stop-grace", "1"], environment: proxy.environment)
            try await worker.logged("started")
            for key in ["uploads/a.txt", "uploads/b.txt"] { try await station.upload(Samples.text, key) }
            try await worker.logged("S3 can't be used: its jobs wait, and nothing is received for them")
            isDown.set(true)
            worker.send(SIGTERM)
            let exit = try await worker.exit(within: .seconds(30))
            proxy.stop()
            #expect(exit.ending == .code(75), "\(exit.standardError)")
            #expect(exit.standardError.contains("its messages come again when their leases expire"))
            #expect(try await station.keys(station.incoming).count == 2)
            #expect(try await station.jobs().allSatisfy { $0.outcome == nil })
        }

        @Test(arguments: [false, true])
        func `a ledger that is deleted ends the worker, busy or idle`(isBusy: Bool) async throws {
            let station = try await StationFixture("outage-ledger-\(isBusy ? "busy" : "idle")")
            let worker = try station.startWorker(idle: nil)
            try await worker.logged("started")
            for suffix in ["", "-wal", "-shm"] { unlink("\(station.folder.path)/lazaret.db\(suffix)") }
            if isBusy { try await station.upload(Samples.text, "uploads/a.txt") }
            let exit = try await worker.exit(within: .seconds(30))
            #expect(exit.ending == .code(78), "\(exit.standardError)")
            #expect(exit.standardError.contains("ledger lost: stopping"))
            #expect(exit.errorLines.last?.contains("was removed or replaced by another file") == true)
            #expect(try await station.keys(station.incoming) == (isBusy ? ["uploads/a.txt"] : []))
            #expect(try await station.keys(station.media).isEmpty)
        }

        @Test func `an empty ledger beside full destinations is reported`() async throws {
            let warning = "the ledger is new and empty, but destinations hold objects: is it the right one?"
            let station = try await StationFixture("outage-empty")
            let first = try await station.startWorker().exit(within: .seconds(60))
            #expect(!first.standardError.contains(warning), "nothing is anywhere yet")
            try await station.upload(Samples.text, "uploads/a.txt")
            let second = try await station.startWorker().exit(within: .seconds(60))
            #expect(!second.standardError.contains(warning), "the destinations are empty as well")
            let third = try await station.startWorker().exit(within: .seconds(60))
            #expect(!third.standardError.contains(warning), "the ledger knows the objects")
            let fresh = ["--ledger", "sqlite:\(station.folder.path)/other.db"]
            let fourth = try await station.startWorker(fresh).exit(within: .seconds(60))
            let lines = fourth.errorLines.filter { $0.contains(warning) }
            #expect(lines.count == 1 && lines.first?.contains("s3://\(station.media)") == true)
            #expect(lines.first?.contains(station.quarantine) == false)
            #expect(fourth.ending == .code(0))
        }
    }
}

/// A condition that a test changes while a proxy reads it.
private final class Flag: Sendable {
    private let value = Locked(false)

    var isSet: Bool { value.withLock { $0 } }

    func set(_ isSet: Bool) { value.withLock { $0 = isSet } }
}
