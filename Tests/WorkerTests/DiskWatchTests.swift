import Domain
import Intake
import Pipelines
import Support
import TestKit
import Testing
import Transfer
import Worker

/// The log of a full disk, and the disk space that an object needs.
@Suite(.timeLimit(.minutes(1))) struct DiskWatchTests {
    @Test func `a full disk is logged once a minute`() async throws {
        let clock = ManualClock()
        let box = LineList()
        let log = Log(threshold: .info) { box.append(String(decoding: $0, as: UTF8.self)) }
        let space = DiskSpace(free: 7, total: 100)
        let folder = SpoolFolder("/spools", diskSpace: { space }, clock: clock)
        let dispatcher = WorkDispatcher(
            lanes: [.live], capacity: Capacity(permits: 1),
            request: { _ in ResourceRequest(bytes: 50, isLarge: false) },
            space: { folder.spoolSpace }, clocks: Clocks(clock), log: log)
        let queue = MemoryQueue.answeringAtOnce()
        queue.send(
            ObjectVersion(bucket: "inbox", key: ObjectKey("up/a")!, versionID: nil, etag: "e"), id: "m1")
        let quiet = Log(threshold: .error) { _ in }
        var configuration = IntakeConfiguration(concurrency: 1)
        configuration.stopGrace = .zero
        let intake = Intake(queue: queue, configuration: configuration, dispatcher: dispatcher, log: quiet)
        let running = Task { try await intake.run() }
        let taking = Task { await dispatcher.next() }
        try await eventually { dispatcher.status.waitsForDisk }

        let watch = DiskWatch(
            folder: folder, dispatcher: dispatcher, clocks: Clocks(monotonic: MonotonicClock(clock)) { .now() },
            log: log)
        #expect(watch.status.metrics.contains("\nlazaret_waiting_for_disk 1\n"))
        #expect(watch.status.metrics.contains("\nlazaret_spool_free_bytes 7\n"))
        let watching = Task { await watch.run() }
        for _ in 0..<150 {
            await clock.untilSleepers(1)
            clock.advance(by: .seconds(1))
        }
        await clock.untilSleepers(1)
        let lines = box.lines.filter { $0.contains("spool folder full: waiting") }
        #expect(lines.count == 3, "\(box.lines)")
        #expect(lines.allSatisfy { $0.contains("/spools") && $0.contains("\"free\":7") })
        watching.cancel()
        await watching.value
        intake.stop()
        let taken = await taking.value
        #expect(taken == nil)
        try await running.value
    }

    // MARK: What an object takes

    private func demand(_ pipeline: String = JobFixture.uploads) throws -> ResourceEstimator {
        let pipelines = try PipelineSet(files: [(name: "test.yaml", text: Array(pipeline.utf8))])
        return ResourceEstimator(pipelines: pipelines, largeOver: 64 << 20)
    }

    private func need(_ size: Int64?, key: String = "up/a", _ demand: ResourceEstimator) -> ResourceRequest {
        let object = ObjectVersion(bucket: "inbox", key: ObjectKey(key)!, versionID: nil, etag: "e")
        var request = demand.request(
            for: Job(of: Event(object: object, size: size, sequencer: nil, time: nil, name: "")))
        // Nothing that is not fetched counts for anybody.
        if request.share != nil { #expect(request.share == Share(pipeline: request.share!.pipeline, uploader: "")) }
        request.share = nil
        return request
    }

    @Test func `an object needs its size of the disk unless it fits into memory`() throws {
        let demand = try demand(JobFixture.tagging)
        #expect(need(0, demand) == .small)
        #expect(need(1 << 20, demand) == .small)
        #expect(need(1 << 20 + 1, demand) == ResourceRequest(bytes: 1 << 20 + 1, isLarge: false))
        #expect(need(64 << 20, demand) == ResourceRequest(bytes: 64 << 20, isLarge: false))
        #expect(need(64 << 20 + 1, demand) == ResourceRequest(bytes: 64 << 20 + 1, isLarge: true))
    }

    @Test func `an object of unknown size may need any amount`() throws {
        #expect(need(nil, try demand()) == ResourceRequest(bytes: nil, isLarge: true))
    }

    @Test func `an object that is not fetched needs nothing`() throws {
        // Larger than the pipeline accepts, and of no pipeline.
        #expect(need(2 << 20, try demand()) == .small)
        #expect(need(1 << 40, key: "elsewhere/a", try demand()) == .small)
        let scanning = JobFixture.uploads.replacing("then:", with: "scan: { rejected-too: true }\nthen:")
        #expect(need(2 << 20, try demand(scanning)) == ResourceRequest(bytes: 2 << 20, isLarge: false))
    }
}

private final class LineList: Sendable {
    private let state = Locked<[String]>([])
    var lines: [String] { state.withLock { $0 } }
    func append(_ line: String) { state.withLock { $0.append(line) } }
}
