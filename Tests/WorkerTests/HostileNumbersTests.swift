import Domain
import Inspection
import Intake
import Judging
import Ledger
import ScanProtocol
import Support
import TestKit
import Testing
import Transfer
import Worker

/// Every number that a scanner child reports, at its extremes, from the packet to the metrics.
@Suite(.timeLimit(.minutes(2))) struct HostileNumbersTests {
    struct Field: Sendable, CustomTestStringConvertible {
        let name: String
        let set: @Sendable (inout ScanFacts) -> Void
        var testDescription: String { name }

        init(_ name: String, _ set: @escaping @Sendable (inout ScanFacts) -> Void) {
            (self.name, self.set) = (name, set)
        }
    }

    static let fields = [
        Field("code, least") { $0.code = .min }, Field("code, greatest") { $0.code = .max },
        Field("size before") { $0.sizeBefore = .max }, Field("size after") { $0.sizeAfter = .max },
        Field("bytes read") { $0.bytesRead = .max }, Field("bytes read, one too many") { $0.bytesRead += 1 },
        Field("layers") { $0.layers = .max }, Field("deepest") { $0.deepest = .max },
        Field("extracted") { $0.extracted = .max }, Field("gaps left out") { $0.gapsLeftOut = .max },
        Field("cut layers") { $0.cutLayers = .max }, Field("unmatched layers") { $0.unmatchedLayers = .max },
        Field("alerts left out") { $0.alertsLeftOut = .max }, Field("warnings") { $0.warningCount = .max },
        Field("layers of a form") {
            $0.forms = ["zip", "tar"].map { FormCount(form: $0, opener: .ours, layers: .max) }
        },
        Field("milliseconds") { $0.milliseconds = Duration.longestMilliseconds },
        Field("all of them") {
            ($0.sizeBefore, $0.sizeAfter, $0.bytesRead, $0.layers, $0.deepest) = (.max, .max, .max, .max, .max)
            ($0.extracted, $0.gapsLeftOut, $0.cutLayers, $0.unmatchedLayers) = (.max, .max, .max, .max)
            ($0.alertsLeftOut, $0.warningCount, $0.code) = (.max, .max, .max)
        },
    ]

    @Test(arguments: fields) func `extreme numbers of a scanner child stop neither the worker nor its totals`(
        field: Field
    ) async throws {
        let inspector = ScriptedInspector(answer: { _ throws(ScannerError) in try report(field) })
        let fixture = try await FaultFixture(inspector)
        let (queue, progress) = (MemoryQueue.answeringAtOnce(), Progress())
        for key in ["up/a", "up/b", "up/c"] {
            fixture.s3["inbox", key] = .init([1, 2, 3])
            queue.send(fixture.job(key).object, id: key)
        }
        try await fixture.worker(queue, progress).run()
        #expect(progress.counts.settled == 3)
        #expect(progress.counts.bytes == 9)
        #expect(progress.counts.metrics.contains("\nlazaret_bytes_total 9\n"))
        for record in try await fixture.ledger.jobs(JobQuery(limit: 10)) {
            #expect(record.judgement?.evidence.bytesRead == 3)
            #expect(!record.jsonLine.isEmpty)
        }
    }

    /// The report of a child whose facts came through its packet.
    private func report(_ field: Field) throws(ScannerError) -> ScanReport {
        var facts = ScanFacts()
        (facts.sizeBefore, facts.sizeAfter, facts.bytesRead, facts.isRootSeen) = (3, 3, 3, true)
        (facts.rootType, facts.detectedType, facts.layers) = ("CL_TYPE_GRAPHICS", "image/png", 1)
        field.set(&facts)
        let packet = ScanReply.scanned(facts).packet
        guard case .scanned(let read) = try? ScanReply(packet: packet, count: packet.count) else {
            throw ScannerError(.unavailable, "the packet was refused")
        }
        let engine = EngineDescription(EngineFacts(engine: "ClamAV 0", signatures: 1, databases: []))
        let answer = ScanAnswer(.scanned(read), engine: engine, allowance: .seconds(120))
        return ScanReport(answer, size: 3, knownType: "image/png", limits: ScanLimits())
    }

    @Test(arguments: [Int64.max, -1, .min]) func `a reply with an impossible duration is refused`(time: Int64) {
        var facts = ScanFacts()
        facts.milliseconds = time
        let packet = ScanReply.scanned(facts).packet
        #expect(throws: PacketError.self) { try ScanReply(packet: packet, count: packet.count) }
    }

    @Test(arguments: [Int64.max, -1, .min]) func `a ledger's figure for the bytes read does not stop the worker`(
        bytes: Int64
    ) async throws {
        let engine = EngineDescription(EngineFacts(engine: "ClamAV 0", signatures: 1, databases: []))
        let report = ScanReport(
            findings: [Finding(.limit, "engine-error")], engine: engine, allowance: .seconds(1), milliseconds: 1,
            bytesRead: bytes)
        let inspector = ScriptedInspector(answer: { _ in report })
        let fixture = try await FaultFixture(inspector)
        let (queue, progress) = (MemoryQueue.answeringAtOnce(), Progress())
        for key in ["up/a", "up/b"] {
            fixture.s3["inbox", key] = .init([1, 2, 3])
            queue.send(fixture.job(key).object, id: key)
        }
        try await fixture.worker(queue, progress).run()
        #expect(progress.counts.settled == 2)
        #expect(progress.counts.bytes == max(0, bytes))
    }
}

extension FaultFixture {
    /// A worker over a queue in memory that ends once the queue is empty.
    func worker(_ queue: MemoryQueue, _ progress: Progress) -> Worker {
        var configuration = IntakeConfiguration(concurrency: 4)
        configuration.untilIdle = .milliseconds(50)
        configuration.ackLinger = .milliseconds(5)
        configuration.stopGrace = .zero
        let quiet = Log(threshold: .error) { _ in }
        let dispatcher = WorkDispatcher(
            lanes: [.live], capacity: Capacity(permits: 4), request: { _ in .small },
            space: { [context] in context.fetch.folder.spoolSpace }, log: quiet)
        return Worker(
            intakes: [Intake(queue: queue, configuration: configuration, dispatcher: dispatcher, log: quiet)],
            dispatcher: dispatcher, context: context, progress: progress, log: quiet)
    }
}
