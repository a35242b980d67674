import Foundation
import Glibc
import Support
import TestKit
import TestRandom
import Testing

/// How long a fleet is tried, and how hard.
struct FleetPlan: Sendable {
    /// Names the station; letters, digits and `-`.
    var name: String
    var seed: UInt64 = .random(in: 0 ... .max)
    var workers = 3
    var versioned = false
    /// For how long objects are uploaded and workers killed.
    var duration: Duration
    /// The mean time from one upload to the next.
    var pause: Duration
    /// The longest that a worker lives before it is killed; nil: none is.
    var life: Duration?
    /// What share of the requests goes wrong.
    var faults = 0.0
    /// Whether objects are copied by parts, however small they are.
    var copiesInParts = false
    /// From one new set of signatures to the next; nil: there is one for all.
    var switches: Duration?
    /// Of the ledger; nil for a SQLite file of the fleet's own.
    var ledger: String?
    /// How long all that is left may take in the end.
    var drain: Duration = .seconds(90)
}

extension SeededGenerator {
    mutating func chance(_ share: Double) -> Bool { Double.random(in: 0..<1, using: &self) < share }

    mutating func time(upTo most: Duration) -> Duration { most * Double.random(in: 0..<1, using: &self) }
}

/// Several workers on one queue and one ledger, and what is done to them: uploads, overwrites, duplicates, kills, faults of S3 and
/// SQS, new signatures. All by one seed.
final class Fleet: Sendable {
    /// One upload, and what must come of it.
    struct Upload: Sendable {
        let key: String
        let etag: String
        let version: String?
        let body: [UInt8]
        let isInfected: Bool
        let said: UploadOptions
    }

    /// What was done.
    struct Deeds: Sendable {
        var uploads: [Upload] = []
        var duplicatesSent = 0
        var deliveries: [String: Int] = [:]
        var bodies: [String] = []
        var kills = 0
        var switches = 0
        var faults: [String: Int] = [:]
    }

    let plan: FleetPlan
    let station: Station
    let proxy: FaultProxy
    let deeds = Locked(Deeds())
    private let signatures: TemporaryDirectory

    init(_ plan: FleetPlan) async throws {
        self.plan = plan
        station = try await Station(
            plan.name, versioned: plan.versioned, receives: 1000, visibility: 10, rules: Station.laxRules)
        proxy = try FaultProxy(to: station.stack)
        signatures = try TemporaryDirectory()
        for name in try FileManager.default.contentsOfDirectory(atPath: Station.signatures) {
            let file = FileManager.default.contents(atPath: "\(Station.signatures)/\(name)")
            try signatures.write(Array(file ?? Data()), to: name)
        }
        watchDeliveries()
        if plan.faults > 0 { spoilRequests() }
    }

    var ledger: String { plan.ledger ?? station.ledger }

    /// Runs it all, until nothing is left to do.
    func run() async throws {
        defer { proxy.stop() }
        let workers = (0..<plan.workers).map { FleetWorker(self, number: $0) }
        for worker in workers { try worker.start() }
        let end = ContinuousClock.now + plan.duration
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.upload(until: end) }
            group.addTask { try await self.switchSignatures(until: end) }
            for worker in workers {
                group.addTask { try await worker.liveAndDie(until: end) }
            }
            try await group.waitForAll()
        }
        try await untilDrained()
        for worker in workers { try await worker.stop() }
    }

    func start() throws -> Program {
        try station.startWorker(
            idle: nil,
            [
                "--ledger", ledger, "--scanners", "1", "--concurrency", "8", "--signatures", signatures.path,
                "--signature-interval", "0.5",
            ] + (plan.copiesInParts ? ["--copy-in-parts-over", "0"] : []), environment: proxy.environment)
    }

    // What is done

    private func upload(until end: ContinuousClock.Instant) async throws {
        var dice = SeededGenerator(seed: plan.seed)
        var number = 0
        var keys: [String] = []
        while ContinuousClock.now < end {
            number += 1
            // Every body is another one, so that its ETag names it.
            let isInfected = dice.chance(0.3)
            let text = Array("Upload \(number) of seed \(plan.seed).\n".utf8)
            let body = text + (isInfected ? Eicar.bytes : [])
            // An overwrite is of a recent key: its worker is likely to be at it.
            let recent = keys.suffix(5)
            let key = dice.chance(0.25) ? recent.randomElement(using: &dice) : nil
            if key == nil { keys.append("a folder/\(number).txt") }
            let name = key ?? keys[keys.count - 1]
            var said = UploadOptions(type: "text/plain", metadata: ["number": "\(number)"])
            // An overwrite always says some: MiniStack 1.5.33 leaves those of what was there where none are said.
            if dice.chance(0.2) || key != nil { said.tags = ["number": "\(number)"] }
            let written = try await station.upload(body, name, said)
            let upload = Upload(
                key: name, etag: written.etag, version: written.version, body: body, isInfected: isInfected,
                said: said)
            deeds.withLock { $0.uploads.append(upload) }
            if dice.chance(0.2), let body = deeds.withLock({ $0.bodies.last }) {
                try await station.cloud.send(body, to: station.queue)
                deeds.withLock { $0.duplicatesSent += 1 }
            }
            try await Task.sleep(for: dice.time(upTo: plan.pause * 2))
        }
    }

    private func switchSignatures(until end: ContinuousClock.Instant) async throws {
        guard let every = plan.switches else { return }
        var number = 0
        while ContinuousClock.now + every < end {
            try await Task.sleep(for: every)
            number += 1
            let text = "Fleet.Set.\(number):0:*:\(String(format: "%016x", number))aabbccdd\n"
            // Each file takes the place of the one before: the set must not grow, nor become thinner.
            let draft = try signatures.write(text, to: "draft")
            guard rename(draft, signatures.path + "/fleet.ndb") == 0 else { throw SystemError("rename") }
            deeds.withLock { $0.switches += 1 }
        }
    }

    private func watchDeliveries() {
        let dice = Locked(SeededGenerator(seed: plan.seed &+ 2))
        let share = plan.faults
        let note = Fault.changes { [weak self] answer in
            self?.deeds.withLock { deeds in
                for id in answer.messageIDs { deeds.deliveries[id, default: 0] += 1 }
                deeds.bodies.append(contentsOf: answer.messageBodies)
                if deeds.bodies.count > 50 { deeds.bodies.removeFirst(deeds.bodies.count - 50) }
            }
            // Of a queue spread over many servers nobody promises order, nor that a message comes once.
            let isTwice = dice.withLock { $0.chance(share * 3) }
            guard isTwice, case .changes(let double) = Fault.messagesTwice else { return answer }
            if !answer.messageIDs.isEmpty {
                self?.deeds.withLock { $0.faults["messages twice", default: 0] += 1 }
            }
            return double(answer)
        }
        proxy.add(.receiveMessage, note)
    }

    /// As often as the plan says, a request is struck by something that may happen to it.
    private func spoilRequests() {
        let dice = Locked(SeededGenerator(seed: plan.seed &+ 1))
        let share = plan.faults
        proxy.add { [weak self] call in
            let possible = faults(of: call.operation)
            let chosen = dice.withLock { dice in dice.chance(share) ? possible.randomElement(using: &dice) : nil }
            guard let (name, fault) = chosen else { return nil }
            self?.deeds.withLock { $0.faults[name, default: 0] += 1 }
            return fault
        }
    }

    private func untilDrained() async throws {
        try await within(plan.drain, "the queue's end (seed \(plan.seed))") { [self] in
            while try await station.cloud.counts(station.queue.url) != .none {
                try await Task.sleep(for: .milliseconds(200))
            }
        }
    }
}

/// What may happen to a request, by name.
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
        .changeMessageVisibilityBatch:
        before + [("lost", .lostAnswer)]
    default: []
    }
}
