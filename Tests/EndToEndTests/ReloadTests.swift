import Foundation
import Glibc
import TestKit
import Testing

extension EndToEnd {
    /// Pipelines that change under a running worker.
    @Suite struct Reloads {
        @Test func `a changed pipeline is reported and SIGHUP takes it up in the same process`() async throws {
            let station = try await StationFixture("reload", rules: StationFixture.laxRules)
            let manager = try ManagerSocket()
            let worker = try station.startWorker(
                idle: nil, ["--signature-interval", "1"],
                environment: station.stack.environment.merging(["NOTIFY_SOCKET": manager.address]) { _, new in new })
            try await worker.logged("started")
            try await manager.awaitLine("READY=1")
            // A mistake is reported, and changes nothing.
            try station.write(rules: "pipeline: lax\nmatch: 7\n")
            try await worker.logged("pipeline files have changed, and have mistakes")
            worker.send(SIGHUP)
            let refusal = try await worker.logged("pipelines not reloaded: the worker goes on with those that it has")
            #expect(refusal.contains("expected a mapping"), "\(refusal)")
            #expect(manager.next()?.first == "RELOADING=1")
            #expect(manager.next()?.first == "READY=1")
            try await station.upload(Samples.text, "first.txt")
            try await worker.logged("object settled")
            #expect(try await station.keys(station.media) == ["first.txt"])

            try station.write(rules: StationFixture.laxRules.replacing("MEDIA/{key}", with: "MEDIA/new/{key}"))
            try await worker.logged("pipeline files have changed: SIGHUP has the worker take them up")
            worker.send(SIGHUP)
            try await worker.logged("pipelines changed: draining, to start again")
            // Impatient people do not end the process, not even before the new program handles the signal.
            let impatience = Task {
                while !Task.isCancelled {
                    worker.send(SIGHUP)
                    try await Task.sleep(for: .milliseconds(3))
                }
            }
            try await station.upload(Samples.text, "second.txt")
            try await within(.seconds(90), "the second object at its new place") {
                while try await station.keys(station.media) != ["first.txt", "new/second.txt"] {
                    try await Task.sleep(for: .milliseconds(50))
                }
            }
            impatience.cancel()
            _ = await impatience.result
            // The manager hears that a reload begins, perhaps more than once, until the same process takes on work.
            #expect(manager.next()?.first == "RELOADING=1")
            try await manager.awaitLine("READY=1")
            // Signals still reach the process, which is the same.
            worker.send(SIGHUP)
            try await worker.logged("pipelines unchanged")
            worker.send(SIGTERM)
            try await manager.awaitLine("STOPPING=1")
            let exit = try await worker.exit(within: .seconds(60))
            #expect(exit.ending == .code(0), "\(exit.standardError)")
            try await station.expectDrained()
        }
    }
}
