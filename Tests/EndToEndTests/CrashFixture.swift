import Foundation
import Glibc
import TestKit
import Testing

/// A station for one crash: one object for each disposition, a worker that reaches the cloud through a proxy, and the
/// moment at which it is killed.
struct CrashFixture {
    let step: CrashStep
    let station: StationFixture
    private let versioned: Bool

    static let objects = [
        "kept/kept.txt", "parts/large.bin", "parts/parts.bin", "uploads/clean.txt", "uploads/infected.txt",
        "uploads/rejected.gz",
    ]
    /// The largest object is copied in two parts.
    static let flags = ["--scanners", "1", "--copy-in-parts-over", "1MiB", "--copy-part-size", "5MiB"]
    private static let sidecar = "parts/parts.bin.info"
    private static let clean = Array("Nothing of note.\n".utf8)
    private static let gzip: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0]

    init(_ step: CrashStep, versioned: Bool) async throws {
        self.step = step
        self.versioned = versioned
        let name = "crash-\(versioned ? "v" : "u")-\(step.rawValue.lowercased())"
        station = try await StationFixture(
            name, versioned: versioned, route: nil, visibility: 10,
            // As many as there are: whichever is counted twice leaves another one beyond the quota.
            rules: StationFixture.usualRules.replacing(
                "image/png, image/jpeg, application/pdf, application/zip, ", with: ""
            ).replacing("accept:\n", with: "accept:\n  quota: { by: pipeline, objects-per-hour: 3 }\n"))
        // Written before the bucket notifies anyone: the pipeline excludes it.
        try await station.cloud.put([1], station.incoming, Self.sidecar)
        try await station.cloud.notify(station.queue, of: station.incoming)
        try station.write(
            rules: """
                pipeline: kept
                match: { bucket: INCOMING, prefix: kept/ }
                unversioned: accept-race
                then:
                  clean:       { tag: { scan: "{verdict}" } }
                  infected:    keep
                  unscannable: keep
                  rejected:    keep
                """, as: "kept")
        try station.write(
            rules: """
                pipeline: parts
                match: { bucket: INCOMING, prefix: parts/, exclude: ["*.info", "*.part"] }
                sidecars: delete
                accept: { declared-type: ignore }
                then:
                  clean:       { move: "s3://MEDIA/parts/{rest}" }
                  infected:    keep
                  unscannable: keep
                  rejected:    keep
                """, as: "parts")
        try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: false)
    }

    // MARK: The crash

    /// Uploads the objects and kills a worker at the moment. Returns when the worker and its scanners have ended.
    func crash() async throws {
        let etags = try await upload()
        let proxy = try FaultProxy(to: station.stack)
        defer { proxy.stop() }
        // All messages come in one answer. Later requests are held, so that none takes a message while the worker dies.
        let first = proxy.add(.receiveMessage, step == .receiving ? .holdsAnswer : .holdsRequest, times: 1)
        let later = proxy.add(.receiveMessage, .holdsRequest)
        let rule = rule(of: proxy, etags)

        let worker = try station.startWorker(Self.flags, environment: environment(proxy.environment))
        var lock: WriteLock?
        do {
            try await first.awaitHits(1)
            switch step {
            case .receiving: break
            case .received:
                lock = try await WriteLock(station.folder.path + "/lazaret.db")
                first.release()
                // The worker asks again only after it has handled the first answer.
                try await later.awaitHits(1)
            case .charged:
                try await suspendScanners(of: worker)
                first.release()
                try await awaitCount(3)
            case .inspecting:
                first.release()
                try await rule?.awaitHits(Self.objects.count)
                lock = try await WriteLock(station.folder.path + "/lazaret.db")
                rule?.release()
            case .finished, .acknowledged:
                first.release()
                // In one batch or several, with the test event.
                while let batches = rule?.hits, batches.flatMap(\.receipts).count <= Self.objects.count {
                    try await rule?.awaitHits(batches.count + 1)
                }
            default:
                first.release()
                try await rule?.awaitHits(Self.objects.count { step.stops($0) })
            }
        } catch {
            worker.send(SIGKILL)
            Issue.record(
                "\(step): \(error); the worker said: \(try await worker.exit(within: .seconds(30)).standardError)")
            throw error
        }
        let scanners = descendants(of: worker.processID)
        #expect(!scanners.isEmpty)
        worker.send(SIGKILL)
        #expect(try await worker.exit(within: .seconds(30)).ending == .signal(SIGKILL), "\(step)")
        try await lock?.release()
        try await within(.seconds(10), "the end of the scanners of a worker killed at \(step)") {
            while scanners.contains(where: isAlive) { try await Task.sleep(for: .milliseconds(10)) }
        }
    }

    /// Stops the scanner's processes, so that they answer nothing more. They end with the worker.
    private func suspendScanners(of worker: Program) async throws {
        try await within(.seconds(30), "a child of the scanner") {
            while true {
                let found = descendants(of: worker.processID)
                if found.count > 2 {
                    for process in found { kill(process, SIGSTOP) }
                    return
                }
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }

    /// Waits until so many objects are counted in the quota.
    private func awaitCount(_ count: Int) async throws {
        let script = """
            import sqlite3, sys
            connection = sqlite3.connect(sys.argv[1], timeout=30)
            print(connection.execute("SELECT coalesce(sum(used), 0) FROM quota_uses").fetchone()[0])
            """
        try await within(.seconds(30), "\(count) objects in the quota") {
            while true {
                let answer = try Tool.run([Project.python, "-c", script, station.folder.path + "/lazaret.db"])
                if String(decoding: answer.output, as: UTF8.self) == "\(count)\n" { return }
                try await Task.sleep(for: .milliseconds(50))
            }
        }
    }

    /// Returns the ETags of the uploads.
    private func upload() async throws -> Set<String> {
        let text = UploadOptions(type: "text/plain")
        var tagged = text
        tagged.tags = ["team": "quay"]
        let written = [
            try await station.upload(Self.clean, "uploads/clean.txt", text),
            try await station.upload(Eicar.bytes, "uploads/infected.txt", text),
            try await station.upload(Self.gzip, "uploads/rejected.gz", text),
            try await station.upload(Self.clean, "kept/kept.txt", tagged),
            try await station.cloud.putLarge(size: 20_000, station.incoming, "parts/parts.bin"),
            try await station.cloud.putLarge(size: 6_000_000, station.incoming, "parts/large.bin"),
        ]
        // The test event comes first.
        let count = Self.objects.count + 1
        try #require(try await station.cloud.awaitMessages(count, in: station.queue) == count)
        // The MD5 of the side-car's one byte.
        return Set(written.map(\.etag) + ["55a54008ad1ba589aa210d2629c1df41"])
    }

    private func rule(of proxy: FaultProxy, _ etags: Set<String>) -> FaultRule? {
        let media = station.media
        // The first delete in a bucket may be a probe whose condition matches no object.
        let isMeant: @Sendable (CloudCall) -> Bool = { call in
            call.request["if-match"].map { etags.contains($0.filter { $0 != "\"" }) } ?? true
        }
        return switch step {
        case .receiving, .received, .charged: nil
        case .sidecar: proxy.add(.deleteObject, .holdsRequest) { $0.key == Self.sidecar && isMeant($0) }
        case .sidecarDeleted: proxy.add(.deleteObject, .holdsAnswer) { $0.key == Self.sidecar && isMeant($0) }
        case .claimed: proxy.add(.getObject, .holdsRequest)
        case .fetching, .inspecting: proxy.add(.getObject, .holdsAnswer)
        case .recorded: proxy.add(.copyObject, .holdsRequest)
        case .copied: proxy.add(.copyObject, .holdsAnswer)
        case .begun: proxy.add(.uploadPartCopy, .holdsRequest)
        case .completing: proxy.add(.completeMultipartUpload, .holdsRequest)
        case .completed: proxy.add(.completeMultipartUpload, .holdsAnswer)
        case .verifying: proxy.add(.headObject, .holdsRequest) { $0.bucket == media }
        case .tagging: proxy.add(.putObjectTagging, .holdsRequest)
        case .tagged: proxy.add(.putObjectTagging, .holdsAnswer)
        case .deleting: proxy.add(.deleteObject, .holdsRequest, where: isMeant)
        case .deleted: proxy.add(.deleteObject, .holdsAnswer, where: isMeant)
        case .finished: proxy.add(.deleteMessageBatch, .holdsRequest)
        case .acknowledged: proxy.add(.deleteMessageBatch, .holdsAnswer)
        }
    }

    /// Scanners unpack in a folder of this fixture.
    private func environment(_ cloud: [String: String]) -> [String: String] {
        cloud.merging(["TMPDIR": scratch]) { $1 }
    }

    private var scratch: String { station.folder.path + "/scratch" }

    // MARK: Afterwards

    /// Runs a second worker on the same ledger and queue until the queue is empty.
    func restart() async throws {
        let exit = try await station.startWorker(Self.flags, environment: environment(station.stack.environment)).exit(
            within: .seconds(90))
        #expect(exit.ending == .code(0), "\(step): \(exit.standardError)")
    }

    func expectAllDoneOnce() async throws {
        let (cloud, incoming) = (station.cloud, station.incoming)
        let jobs = try await station.jobs()
        #expect(jobs.map(\.key).sorted() == Self.objects, "\(step)")
        #expect(jobs.allSatisfy { $0.outcome == "settled" && $0.finishedAt != nil }, "\(step): \(jobs)")
        let dispositions = jobs.reduce(into: [:]) { $0[$1.key] = $1.disposition }
        #expect(
            dispositions == [
                "kept/kept.txt": "kept", "parts/large.bin": "promoted", "parts/parts.bin": "promoted",
                "uploads/clean.txt": "promoted", "uploads/infected.txt": "quarantined",
                "uploads/rejected.gz": "deleted",
            ], "\(step)")
        for job in jobs {
            let attempts = step.stops(job.key) ? step.attempts...step.attempts : 1...2
            #expect(attempts.contains(job.attempts), "\(step): \(job.attempts) attempts at \(job.key)")
        }

        // Each object is in one location.
        #expect(try await station.keys(incoming) == ["kept/kept.txt"], "\(step)")
        var tags = try await cloud.get(incoming, "kept/kept.txt")?.tags
        if !versioned { #expect(tags?.removeValue(forKey: "lazaret-object") != nil, "\(step)") }
        #expect(tags == ["team": "quay", "scan": "clean"], "\(step)")
        let moved = ["parts/large.bin", "parts/parts.bin", "permanent/clean.txt"]
        #expect(try await station.keys(station.media) == moved, "\(step)")
        #expect(try await cloud.openUploads(station.media).isEmpty, "\(step)")
        #expect(try await cloud.get(station.media, "permanent/clean.txt")?.bytes == Self.clean, "\(step)")
        for key in moved.prefix(2) {
            let hash = jobs.first { $0.key == key }?.sha256
            #expect(try await cloud.get(station.media, key)?.sha256 == hash, "\(step): \(key)")
        }
        let quarantined = try await station.keys(station.quarantine)
        try #require(quarantined.count == 1, "\(step): \(quarantined)")
        #expect(try await cloud.get(station.quarantine, quarantined[0])?.bytes == Eicar.bytes, "\(step)")
        try await expectNoMoreVersions(jobs)
        try await station.expectDrained()
        try expectNothingLeftOnDisk()
    }

    private func expectNoMoreVersions(_ jobs: [JobLine]) async throws {
        let kept = try await station.cloud.versions(station.incoming)
        #expect(kept.map(\.key) == ["kept/kept.txt"], "\(step)")
        for job in jobs {
            guard let destination = job.destination else { continue }
            // One version even if the bucket keeps what is overwritten: no copy is made twice.
            let copies = try await station.cloud.versions(destination.bucket, prefix: destination.key)
            #expect(copies.count == 1, "\(step): \(copies)")
            if versioned { #expect(copies.first?.version == destination.versionId, "\(step)") }
        }
    }

    private func expectNothingLeftOnDisk() throws {
        let left = try FileManager.default.contentsOfDirectory(atPath: station.folder.path)
        let expected: Set = ["lazaret.db", "lazaret.db-wal", "lazaret.db-shm", "pipelines", "scratch"]
        #expect(Set(left).isSubset(of: expected), "\(step): \(left)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch).isEmpty, "\(step)")
    }
}

/// The children of a process, and their descendants.
private func descendants(of process: pid_t) -> [pid_t] {
    let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task")) ?? []
    let children = tasks.flatMap { task in
        let text = FileManager.default.contents(atPath: "/proc/\(process)/task/\(task)/children") ?? Data()
        return String(decoding: text, as: UTF8.self).split(separator: " ").compactMap { pid_t($0) }
    }
    return children + children.flatMap(descendants)
}

/// Returns false for a zombie too.
private func isAlive(_ process: pid_t) -> Bool {
    guard let text = FileManager.default.contents(atPath: "/proc/\(process)/stat") else { return false }
    let state = String(decoding: text, as: UTF8.self).split(separator: ")").last?.split(separator: " ").first
    return state != "Z"
}
