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
            // To SQS the leases have run out; the claims in the ledger do so by themselves, after half a lease.
            for scene in scenes { try await scene.station.stack.letTimePass(.seconds(60), in: scene.station.queue) }
            try await Task.sleep(for: .seconds(5))
            _ = try await each(scenes) { scene in
                try await scene.restart()
                try await scene.expectAllDoneOnce()
            }
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
