import Foundation
import TestKit
import Testing

extension EndToEnd {
    @Suite struct Fleets {
        @Test(arguments: [false, true])
        func `three workers that are killed repeatedly settle every upload once`(versioned: Bool) async throws {
            var plan = FleetPlan(
                name: "fleet-\(versioned)", duration: .seconds(5), pause: .milliseconds(80), life: .seconds(3))
            plan.versioned = versioned
            plan.faults = 0.05
            plan.switches = .seconds(2)
            plan.copiesInParts = plan.seed.isMultiple(of: 2)
            try await run(plan)
        }

        @Test(arguments: [false, true])
        func `nothing is lost beside backfill, replay and a hostile uploader`(versioned: Bool) async throws {
            var plan = FleetPlan(
                name: "fleet-hostile-\(versioned)", duration: .seconds(5), pause: .milliseconds(80), life: .seconds(3))
            plan.versioned = versioned
            plan.faults = 0.02
            (plan.isHostile, plan.pipelines, plan.sendsAgain) = (true, [.tagged], .seconds(2))
            try await run(plan)
        }

        @Test(arguments: [false, true])
        func `nothing is lost beside reviews, quotas and side-cars, and everybody is notified`(versioned: Bool)
            async throws
        {
            var plan = FleetPlan(
                name: "fleet-reviewed-\(versioned)", duration: .seconds(8), pause: .milliseconds(40),
                life: .seconds(4))
            plan.versioned = versioned
            plan.faults = 0.02
            (plan.pipelines, plan.reviews) = ([.tus, .metered, .reviewed], .milliseconds(400))
            plan.notifies = true
            try await run(plan)
        }
    }
}

/// The environment variables of the soak test.
private enum SoakSettings {
    static let environment = ProcessInfo.processInfo.environment
    static let seconds = environment["LAZARET_SOAK_SECONDS"].flatMap { Int($0) }
    /// The seed of a run to repeat.
    static let seed = environment["LAZARET_SOAK_SEED"].flatMap { UInt64($0) }
    /// The URL of a ledger, or `sqlite` for a file, instead of the test's own PostgreSQL server.
    static let ledger = environment["LAZARET_SOAK_LEDGER"]
}

/// The fleet test, for LAZARET_SOAK_SECONDS.
@Suite(.serialized, .enabled(if: SoakSettings.seconds != nil, "set LAZARET_SOAK_SECONDS to run it")) struct Soak {
    @Test(arguments: [false, true])
    func `every object ever uploaded is accounted for once`(versioned: Bool) async throws {
        let half = max(SoakSettings.seconds ?? 0, 2) / 2
        let seed = SoakSettings.seed ?? .random(in: 0 ... .max)
        // A unique name, since the ledger may be that of an earlier run.
        let name = "soak-\(versioned)-\(String(seed >> 32, radix: 16))"
        var plan = FleetPlan(
            name: name, seed: seed, duration: .seconds(half), pause: .milliseconds(50), life: .seconds(8))
        plan.versioned = versioned
        plan.faults = 0.02
        plan.switches = .seconds(5)
        plan.copiesInParts = seed.isMultiple(of: 2)
        plan.drain = .seconds(300)
        (plan.isHostile, plan.sendsAgain) = (true, .seconds(7))
        (plan.pipelines, plan.reviews, plan.notifies) = (Set(FleetPipeline.allCases), .seconds(1), true)
        if let ledger = SoakSettings.ledger {
            plan.ledger = ledger == "sqlite" ? nil : ledger
            return try await run(plan)
        }
        let (server, planned) = (try await PostgresServer.shared(), plan)
        try await server.withDatabase { database in
            var plan = planned
            plan.ledger = server.url(database)
            try await run(plan)
        }
    }
}

/// Runs a fleet, prints the figures, and compares ledger and buckets with the uploads.
private func run(_ plan: FleetPlan) async throws {
    let start = ContinuousClock.now
    let fleet = try await Fleet(plan)
    do {
        try await fleet.run()
    } catch {
        print(try await FleetAccount(of: fleet, took: ContinuousClock.now - start).figures)
        throw error
    }
    let account = try await FleetAccount(of: fleet, took: ContinuousClock.now - start)
    print(account.figures)
    try await account.expectEveryUploadOnce()
    if let notices = fleet.notices {
        let (sent, messages) = try await notices.expectBalance(account, fleet.station.cloud)
        print("  notices:    \(sent), \(messages) messages in the queue")
    }
}
