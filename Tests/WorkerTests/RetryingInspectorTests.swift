import Domain
import Inspection
import Judging
import ScanProtocol
import Support
import TestKit
import Testing
import Transfer
import Worker

/// Scans that fill the disk of the scratch folder.
@Suite(.timeLimit(.minutes(1))) struct RetryingInspectorTests {
    enum Answer { case clean, full, infected, down }

    /// A scanner with a list of answers; the last one repeats.
    private func scripted(_ answers: [Answer]) -> ScriptedInspector {
        ScriptedInspector(
            type: "text/plain",
            answer: { (number) throws(ScannerError) in
                switch answers[min(number, answers.count) - 1] {
                case .clean: return Self.report([], isFull: false)
                case .full: return Self.report([Finding(.limit, "resources", detail: "full")], isFull: true)
                case .infected:
                    return Self.report([Finding(.limit, "resources"), Finding(.signature, "Eicar")], isFull: true)
                case .down: throw ScannerError(.unavailable, "the scanner was lost")
                }
            })
    }

    private static func report(_ findings: [Finding], isFull: Bool) -> ScanReport {
        ScanReport(
            findings: findings, engine: EngineDescription(EngineFacts(engine: "", signatures: 0, databases: [])),
            allowance: .seconds(1), milliseconds: 1, metFullScratch: isFull)
    }

    private final class Disk: Sendable { let free = Locked<Int64>(0) }

    private let clock = ManualClock()
    private let disk = Disk()
    private let folder: SpoolFolder

    init() {
        folder = SpoolFolder(
            "/scratch", diskSpace: { [disk] in DiskSpace(free: disk.free.withLock { $0 }, total: 1 << 30) },
            clock: clock)
    }

    private func scan(_ script: ScriptedInspector, size: Int64 = 1000, share: Int64 = 4 << 30) -> Task<
        ScanReport, any Error
    > {
        let inspector = RetryingInspector(script, folder: folder, childLimit: share)
        return Task { try await inspector.scan(-1, size: size, limits: ScanLimits(), knownType: nil, encoding: nil) }
    }

    private func room(_ bytes: Int64) { disk.free.withLock { $0 = bytes + DiskSpace(free: 0, total: 1 << 30).reserve } }

    private func second() async {
        await clock.untilSleepers(1)
        clock.advance(by: .seconds(1))
    }

    @Test func `a scan that filled the disk is repeated once there is space`() async throws {
        let script = scripted([.full, .clean])
        let scan = scan(script)
        for _ in 0..<5 { await second() }
        await clock.untilSleepers(1)
        #expect(script.scans == 1 && folder.isWaitedFor)
        room(64 << 20)
        await second()
        #expect(try await scan.value.findings.isEmpty)
        #expect(script.scans == 2 && !folder.isWaitedFor)
    }

    /// The object's size, a child's limit, and the required space, which is at most half of the disk.
    @Test(
        arguments: [
            (0, 4 << 30, 64 << 20), (8 << 20, 4 << 30, 128 << 20), (8 << 20, 100 << 20, 100 << 20),
            (1 << 40, 4 << 30, ((1 << 30) - (1 << 30) / 20) / 2),
        ] as [(Int64, Int64, Int64)])
    func `the required space is an estimate from the object's size`(_ one: (size: Int64, share: Int64, room: Int64))
        async throws
    {
        let script = scripted([.full, .clean])
        room(one.room - 1)
        let scan = scan(script, size: one.size, share: one.share)
        await second()
        await clock.untilSleepers(1)
        #expect(script.scans == 1)
        room(one.room)
        await second()
        _ = try await scan.value
    }

    @Test func `an object that fills the disk in three tries is not scanned again`() async throws {
        let script = scripted([.full])
        room(64 << 20)
        let scan = scan(script)
        for _ in 0..<2 { await second() }
        let report = try await scan.value
        #expect(report.findings.map(\.name) == ["resources"] && Verdict(of: report.findings) == .unscannable)
        #expect(script.scans == 3)
    }

    @Test func `without space for ten minutes the attempt fails without a judgement`() async throws {
        let script = scripted([.full])
        let scan = scan(script)
        for _ in 0..<600 { await second() }
        let error = await #expect(throws: ScannerError.self) { try await scan.value }
        #expect(error?.code == .scratchFull && error?.objectFailure == nil && error?.isRetryable == true)
        #expect(error?.message.contains("/scratch") == true && script.scans == 1)
    }

    @Test func `a worker that stops does not wait for space`() async throws {
        let script = scripted([.full])
        let scan = scan(script)
        await clock.untilSleepers(1)
        folder.stopWaiting()
        clock.advance(by: .seconds(1))
        let error = await #expect(throws: ScannerError.self) { try await scan.value }
        #expect(error?.code == .scratchFull && script.scans == 1)
    }

    @Test func `an infected object is infected on a full disk too`() async throws {
        let script = scripted([.infected])
        let report = try await scan(script).value
        #expect(Verdict(of: report.findings) == .infected && script.scans == 1)
    }

    @Test func `an unavailable scanner is waited for only if the disk is full`() async throws {
        let script = scripted([.down, .clean])
        let waiting = scan(script)
        await clock.untilSleepers(1)
        room(64 << 20)
        await second()
        #expect(try await waiting.value.findings.isEmpty)

        let error = await #expect(throws: ScannerError.self) { try await scan(scripted([.down])).value }
        #expect(error?.code == .unavailable)
    }

    @Test func `the wait is logged once a minute`() async throws {
        let lines = LogLines()
        let watch = ScratchWatch(
            folder: folder, clocks: Clocks(monotonic: MonotonicClock(clock)) { .now() }, log: lines.log)
        #expect(watch.metrics.contains("\nlazaret_waiting_for_scratch 0\n"))
        let scan = scan(scripted([.full]))
        await clock.untilSleepers(1)
        #expect(watch.metrics.contains("\nlazaret_waiting_for_scratch 1\n"))
        let watching = Task { await watch.run() }
        for _ in 0..<150 {
            await clock.untilSleepers(2)
            clock.advance(by: .seconds(1))
        }
        await clock.untilSleepers(2)
        #expect(lines.all.filter { $0.contains("scratch full: waiting") && $0.contains("/scratch") }.count == 3)
        watching.cancel()
        await watching.value
        folder.stopWaiting()
        clock.advance(by: .seconds(1))
        _ = await scan.result
    }
}
