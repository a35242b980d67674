import Glibc
import TestKit
import Testing

extension EndToEnd {
    @Suite struct Crashes {
        /// A worker for each step, side by side: most of the time is waiting.
        @Test(arguments: [false, true])
        func killedAtAnyStepAWorkerLosesNothingAndTheNextOneEndsWhatItBegan(versioned: Bool) async throws {
            let scenes = try await each(CrashStep.allCases) { step in
                let scene = try await CrashScene(step, versioned: versioned)
                try await scene.crash()
                return scene
            }
            // To SQS the leases have run out. The claims in the ledger do so by themselves, after half a lease, and the second
            // worker waits for it.
            for scene in scenes { try await scene.station.stack.letTimePass(.seconds(60), in: scene.station.queue) }
            _ = try await each(scenes) { scene in
                try await scene.restart()
                try await scene.expectAllDoneOnce()
            }
        }

        @Test func whatALaterUploadPutInThePlaceOfACopyIsLeftThere() async throws {
            let station = try await Station("replaced", visibility: 10, rules: Station.laxRules)
            try await station.upload(Samples.text, "notes.txt")
            #expect(try await station.cloud.awaitMessages(2, in: station.queue) == 2)
            let proxy = try FaultProxy(to: station.stack)
            defer { proxy.stop() }
            let written = try #require(try await station.cloud.get(station.incoming, "notes.txt")).etag
            let deleted = proxy.add(.deleteObject, .holdsAnswer) { $0.request["if-match"]?.contains(written) ?? true }
            proxy.add(.receiveMessage, .holdsRequest, skipping: 1)
            let worker = try station.startWorker(environment: proxy.environment)
            try await deleted.struck(1)
            worker.send(SIGKILL)
            _ = try await worker.exit(within: .seconds(30))
            try await station.cloud.put(Array("Later.\n".utf8), station.media, "notes.txt")

            try await station.stack.letTimePass(.seconds(60), in: station.queue)
            let exit = try await station.startWorker(idle: 6).exit(within: .seconds(60))
            #expect(exit.ending == .code(0), "\(exit.standardError)")
            // That it was moved is not to be proven any more; what was found of it stays on record.
            let job = try await station.job("notes.txt")
            #expect(job.outcome == "gone" && job.verdict == "clean" && job.attempts == 2)
            #expect(try await station.cloud.get(station.media, "notes.txt")?.bytes == Array("Later.\n".utf8))
            #expect(try await station.keys(station.incoming).isEmpty)
            try await station.expectDrained()
        }

        /// Some at a time.
        private func each<Item: Sendable, Result: Sendable>(
            _ items: [Item], _ body: @escaping @Sendable (Item) async throws -> Result
        ) async throws -> [Result] {
            try await withThrowingTaskGroup(of: Result.self) { group in
                var results: [Result] = []
                for (index, item) in items.enumerated() {
                    if index >= 5, let result = try await group.next() { results.append(result) }
                    group.addTask { try await body(item) }
                }
                for try await result in group { results.append(result) }
                return results
            }
        }
    }
}
