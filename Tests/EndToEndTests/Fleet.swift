import Foundation
import Glibc
import Support
import TestKit
import TestRandom
import Testing

/// The size, duration and faults of a fleet test.
struct FleetPlan: Sendable {
    /// The name of the station; letters, digits and `-`.
    var name: String
    var seed: UInt64 = .random(in: 0 ... .max)
    var workers = 3
    var versioned = false
    /// How long objects are uploaded and workers are killed.
    var duration: Duration
    /// The mean time between uploads.
    var pause: Duration
    /// The longest time before a worker is killed; nil to kill none.
    var life: Duration?
    /// The share of requests that fail.
    var faults = 0.0
    /// Whether all objects are copied by multipart copy.
    var copiesInParts = false
    /// The time between signature sets; nil for a single set.
    var switches: Duration?
    /// The URL of the ledger; nil for a SQLite file of the fleet's own.
    var ledger: String?
    /// Whether some uploads are those of somebody who means harm: one key over and over, keys of 1024 bytes, and ten
    /// tags, one of them that of the verdict.
    var isHostile = false
    /// Further pipelines, whose uploads come among the others.
    var pipelines: Set<FleetPipeline> = []
    /// The mean time between two acts of a reviewer; nil for no reviews.
    var reviews: Duration?
    /// The time between two runs of `backfill` and `replay` of everything, by way of a FIFO queue; nil for none.
    /// `backfill` needs versions: without them, an object whose own event waits becomes a second job.
    var sendsAgain: Duration?
    /// Whether the pipelines notify others.
    var notifies = false
    /// How long the queue may take to drain at the end.
    var drain: Duration = .seconds(90)
}

extension SeededGenerator {
    mutating func chance(_ share: Double) -> Bool { Double.random(in: 0..<1, using: &self) < share }

    mutating func time(upTo most: Duration) -> Duration { most * Double.random(in: 0..<1, using: &self) }
}

/// Several workers on one queue and one ledger under uploads, overwrites, duplicates, kills, faults of S3 and SQS, and
/// new signatures, all derived from one seed.
final class Fleet: Sendable {
    /// One upload, with the facts that its outcome must agree with.
    struct Upload: Sendable {
        let key: String
        let etag: String
        let version: String?
        let body: [UInt8]
        let isInfected: Bool
        let options: UploadOptions
        let time: Date

        /// Nil if the lax pipeline alone is meant.
        var pipeline: FleetPipeline? { FleetPipeline.allCases.first { $0.takes(key) } }
    }

    /// The record of everything that was done to the workers.
    struct History: Sendable {
        var uploads: [Upload] = []
        var duplicatesSent = 0
        var deliveries: [String: Int] = [:]
        var bodies: [String] = []
        var kills = 0
        var switches = 0
        var faults: [String: Int] = [:]
        var hostile: [String: Int] = [:]
        /// The keys of side-cars.
        var sidecars: Set<String> = []
        /// What reviewers did, by act and result.
        var reviews: [String: Int] = [:]
        /// Works of reviews that were begun and not ended at the end.
        var interruptedReviews = 0
        /// Messages that `backfill` and `replay` sent.
        var sentAgain = 0
    }

    let plan: FleetPlan
    let station: StationFixture
    let proxy: FaultProxy
    let history = Locked(History())
    /// Where `backfill` and `replay` send.
    let again: Queue?
    let notices: FleetNotices?
    private let signatures: TemporaryDirectory

    init(_ plan: FleetPlan) async throws {
        self.plan = plan
        station = try await StationFixture(
            plan.name, versioned: plan.versioned, receives: 1000, visibility: 10,
            rules: FleetPipeline.laxRules(besides: plan.pipelines))
        again =
            try await plan.sendsAgain == nil
            ? nil : station.cloud.createQueue("\(plan.name)-again.fifo", visibility: 10, receives: 1000)
        let notices = try await plan.notifies ? FleetNotices(plan, station.cloud) : nil
        self.notices = notices
        let rules =
            plan.pipelines.map { ($0.rawValue, $0.rules) } + [
                ("rules", FleetPipeline.laxRules(besides: plan.pipelines))
            ]
        for case (let name, let text?) in rules {
            try station.write(rules: notices?.adding(to: text) ?? text, as: name)
        }
        proxy = try FaultProxy(to: station.stack)
        signatures = try TemporaryDirectory()
        for name in try FileManager.default.contentsOfDirectory(atPath: StationFixture.signatures) {
            let file = FileManager.default.contents(atPath: "\(StationFixture.signatures)/\(name)")
            try signatures.write(Array(file ?? Data()), to: name)
        }
        watchDeliveries()
        if plan.faults > 0 { injectFaults() }
    }

    var ledger: String { plan.ledger ?? station.ledger }

    /// Runs the plan until the queue has drained.
    func run() async throws {
        defer {
            proxy.stop()
            notices?.stop()
        }
        let workers = (0..<plan.workers).map { FleetWorker(self, number: $0) }
        for worker in workers { try worker.start() }
        for worker in workers { try await worker.untilStarted() }
        let end = ContinuousClock.now + plan.duration
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.upload(until: end) }
            group.addTask { try await self.switchSignatures(until: end) }
            group.addTask { try await self.sendAgain(until: end) }
            group.addTask { try await self.review(until: end) }
            for worker in workers {
                group.addTask { try await worker.restartRepeatedly(until: end) }
            }
            try await group.waitForAll()
        }
        try await untilDrained()
        // Written by the workers and by the reviews that were finished.
        try await finishReviews()
        try await notices?.untilSent(by: ledger, within: plan.drain)
        for worker in workers { try await worker.stop() }
    }

    func start() throws -> Program {
        try station.startWorker(
            idle: nil,
            [
                "--ledger", ledger, "--scanners", "1", "--concurrency", "8", "--signatures", signatures.path,
                "--signature-interval", "0.5",
            ] + (again.map { ["--backfill-queue", $0.url] } ?? [])
                + (plan.copiesInParts ? ["--copy-in-parts-over", "0"] : []),
            environment: proxy.environment.merging(FleetNotices.environment) { $1 })
    }

    // MARK: Actions

    private func upload(until end: ContinuousClock.Instant) async throws {
        var dice = SeededGenerator(seed: plan.seed)
        var number = 0
        var keys: [String] = []
        while ContinuousClock.now < end {
            number += 1
            let (key, isOld) = nextKey(number, &dice, &keys)
            let pipeline = FleetPipeline.allCases.first { $0.takes(key) }
            // Every body is different, so that its ETag identifies it.
            let isInfected = dice.chance(pipeline == .reviewed ? 0.7 : 0.3)
            let text = Array("Upload \(number) of seed \(plan.seed).\n".utf8)
            let body = text + (isInfected ? Eicar.bytes : [])
            var options = UploadOptions(type: "text/plain", metadata: ["number": "\(number)"])
            // An overwrite always sets tags: MiniStack 1.5.33 keeps the old ones otherwise.
            if dice.chance(0.2) || isOld { options.tags = ["number": "\(number)"] }
            if let tags = hostileTags(&dice, number) { options.tags = tags }
            if pipeline == .tus {
                // A tus server writes it before the object.
                try await station.upload(Array("{}".utf8), key + ".info")
                history.withLock { _ = $0.sidecars.insert(key + ".info") }
            }
            let time = Date()
            let written = try await station.upload(body, key, options)
            let upload = Upload(
                key: key, etag: written.etag, version: written.version, body: body, isInfected: isInfected,
                options: options, time: time)
            history.withLock { $0.uploads.append(upload) }
            if dice.chance(0.2), let body = history.withLock({ $0.bodies.last }) {
                try await sendDuplicate(body, &dice)
                history.withLock { $0.duplicatesSent += 1 }
            }
            try await Task.sleep(for: dice.time(upTo: plan.pause * 2))
        }
    }

    /// The key of the next upload, and whether an earlier upload may have had it. Overwrites go to recent keys, whose
    /// jobs are likely to be running.
    private func nextKey(
        _ number: Int, _ dice: inout SeededGenerator, _ keys: inout [String]
    ) -> (key: String, isOld: Bool) {
        if dice.chance(0.25), let recent = keys.suffix(5).randomElement(using: &dice) { return (recent, true) }
        if let hostile = hostileKey(&dice) { return (hostile, true) }
        let pipelines = plan.pipelines.sorted { $0.rawValue < $1.rawValue }
        if dice.chance(0.15 * Double(pipelines.count)), let pipeline = pipelines.randomElement(using: &dice) {
            let key = pipeline.key(number)
            if pipeline.isOverwritten { keys.append(key) }
            return (key, false)
        }
        keys.append("a folder/\(number).txt")
        return (keys[keys.count - 1], false)
    }

    private func switchSignatures(until end: ContinuousClock.Instant) async throws {
        guard let every = plan.switches else { return }
        var number = 0
        while ContinuousClock.now + every < end {
            try await Task.sleep(for: every)
            number += 1
            let text = "Fleet.Set.\(number):0:*:\(String(format: "%016x", number))aabbccdd\n"
            // Each file replaces the previous one: the set must neither grow nor shrink.
            let draft = try signatures.write(text, to: "draft")
            guard rename(draft, signatures.path + "/fleet.ndb") == 0 else { throw SystemError("rename") }
            history.withLock { $0.switches += 1 }
        }
    }

    private func watchDeliveries() {
        let dice = Locked(SeededGenerator(seed: plan.seed &+ 2))
        let share = plan.faults
        let record = Fault.changes { [weak self] answer in
            self?.history.withLock { history in
                for id in answer.messageIDs { history.deliveries[id, default: 0] += 1 }
                history.bodies.append(contentsOf: answer.messageBodies)
                if history.bodies.count > 50 { history.bodies.removeFirst(history.bodies.count - 50) }
            }
            // A standard queue guarantees neither order nor single delivery.
            let isTwice = dice.withLock { $0.chance(share * 3) }
            guard isTwice, case .changes(let double) = Fault.messagesTwice else { return answer }
            if !answer.messageIDs.isEmpty {
                self?.history.withLock { $0.faults["messages twice", default: 0] += 1 }
            }
            return double(answer)
        }
        proxy.add(.receiveMessage, record)
    }

    /// Injects a random fault into the planned share of requests.
    private func injectFaults() {
        let dice = Locked(SeededGenerator(seed: plan.seed &+ 1))
        let share = plan.faults
        proxy.add { [weak self] call in
            let possible = faults(of: call.operation)
            let chosen = dice.withLock { dice in dice.chance(share) ? possible.randomElement(using: &dice) : nil }
            guard let (name, fault) = chosen else { return nil }
            self?.history.withLock { $0.faults[name, default: 0] += 1 }
            return fault
        }
    }

    private func untilDrained() async throws {
        try await within(plan.drain, "an empty queue (seed \(plan.seed))") { [self] in
            for queue in [station.queue, again].compactMap(\.self) {
                while try await station.cloud.counts(queue.url) != .none {
                    try await Task.sleep(for: .milliseconds(200))
                }
            }
        }
    }
}

/// The faults that a request can have, by name.
private func faults(of operation: CloudOperation) -> [(String, Fault)] {
    let before: [(String, Fault)] = [
        ("error", .internalError), ("slow-down", .slowDown), ("reset", .reset), ("delay", .delays(.milliseconds(300))),
    ]
    return switch operation {
    case .getObject: before + [("lost", .lostAnswer), ("cut", .cut(after: 9))]
    case .copyObject: before + [("lost", .lostAnswer), ("error-inside", .errorInGoodAnswer("InternalError"))]
    case .uploadPartCopy, .completeMultipartUpload:
        before + [("lost", .lostAnswer), ("error-inside", .errorInGoodAnswer("InternalError"))]
    case .createMultipartUpload, .headObject, .deleteObject, .putObjectTagging, .getObjectTagging, .deleteMessageBatch,
        .changeMessageVisibilityBatch, .sendMessageBatch:
        before + [("lost", .lostAnswer)]
    default: []
    }
}
