import Glibc
import Support
import TestKit
import TestRandom
import Testing

/// People who review quarantined objects while the workers run, two of them at once, and whose processes are killed.
extension Fleet {
    /// What a reviewer may do about one object. Most are refused in most states.
    private enum Act: String, CaseIterable {
        case release, delete, purge, hold, unhold, recall, rescan

        /// - Parameter job: as the ledger knows it.
        func words(_ job: JobLine) -> [String] {
            switch self {
            case .purge: ["purge", "--older-than", "0s", "--prefix", job.key, "--at-most", "1"]
            case .release, .delete, .hold, .unhold, .recall, .rescan: [rawValue, job.job]
            }
        }

        /// Most objects are released and recalled: those are the acts of several steps.
        static func random(_ dice: inout SeededGenerator) -> Act {
            let usual: [Act] = [.release, .release, .release, .recall, .recall, .hold, .unhold]
            return (dice.chance(0.2) ? allCases : usual).randomElement(using: &dice) ?? .release
        }
    }

    func review(until end: ContinuousClock.Instant) async throws {
        guard let pause = plan.reviews else { return }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<2 {
                group.addTask {
                    var dice = SeededGenerator(seed: self.plan.seed &+ 200 &+ UInt64(number))
                    while ContinuousClock.now < end {
                        try await Task.sleep(for: dice.time(upTo: pause * 2))
                        try await self.reviewOne(&dice)
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    private func reviewOne(_ dice: inout SeededGenerator) async throws {
        let jobs = try await station.jobs(
            ledger: ledger, ["--prefix", FleetPipeline.reviewed.prefix, "--bucket", station.incoming, "--limit", "30"])
        guard let job = jobs.filter({ $0.finishedAt != nil }).randomElement(using: &dice) else { return }
        let acts = (0..<(dice.chance(0.3) ? 2 : 1)).map { _ in Act.random(&dice) }
        let deaths = acts.map { _ in dice.chance(0.3) ? dice.time(upTo: .seconds(2)) : nil }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (act, death) in zip(acts, deaths) {
                group.addTask { try await self.perform(act, on: job, killedAfter: death) }
            }
            try await group.waitForAll()
        }
    }

    private func perform(_ act: Act, on job: JobLine, killedAfter death: Duration?) async throws {
        var words = act.words(job) + ["--reason", "a review"]
        if ![.hold, .unhold, .rescan].contains(act) { words.append("--yes") }
        var station = station
        station.ledger = ledger
        let program = try station.startReview(words, environment: proxy.environment)
        let killer = Task {
            guard let death else { return }
            try await Task.sleep(for: death)
            program.send(SIGKILL)
        }
        let exit = try await program.exit(within: .seconds(120))
        killer.cancel()
        let result: String
        switch exit.ending {
        case .code(0): result = "done"
        // Refused, or a service failed.
        case .code(65): result = "refused"
        case .code(69): result = "failed"
        case .signal(SIGKILL) where death != nil: result = "killed"
        default:
            result = "wrong"
            Issue.record("\(words): \(exit.ending) \(exit.standardError), seed \(plan.seed)")
        }
        history.withLock { $0.reviews["\(act.rawValue) \(result)", default: 0] += 1 }
    }

    /// Ends the claims of killed reviewers, as a minute would, and has `lazaret reconcile` finish their works.
    func finishReviews() async throws {
        guard plan.reviews != nil else { return }
        let left = try await station.endReviewClaims(ledger: ledger)
        history.withLock { $0.interruptedReviews = left }
        let exit = try await station.reconcile(ledger: ledger)
        #expect(exit.ending == .code(0), "\(exit.standardOutput) \(exit.standardError), seed \(plan.seed)")
    }
}
