import Domain
import Foundation
import Inspection
import Judging
import ScanProtocol
import ScannerTestKit
import Support
import TestKit
import TestRandom
import Testing

/// A scanner with a filter finds what one without finds, in every shape in which the engine matches bytes.
@Suite(.heavy, .timeLimit(.minutes(4)))
struct MatchingDifferenceTests {
    /// Two scanners with the same random signatures.
    private struct Pair {
        let samples: [SignatureSample]
        let whole: ScannerFixture
        let filtered: ScannerFixture

        /// - Parameter inContainer: puts the signatures into one database, as ClamAV's are.
        init(seed: UInt64, count: Int, inContainer: Bool = false) async throws {
            var generator = SignatureSamples(seed: seed)
            let samples = (0..<count).map { _ in generator.next() }
            self.samples = samples
            var files: [String: String] = [:]
            for sample in samples { files["samples.\(sample.database)", default: ""] += sample.row + "\n" }
            for (database, row) in Self.long { files["long.\(database)", default: ""] += row + "\n" }
            let container = inContainer ? try SignatureContainer.file(of: files, signatures: count) : nil
            if inContainer { files = [:] }
            func start(_ matching: PatternMatching) async throws -> ScannerFixture {
                try await ScannerFixture(adding: files) {
                    $0.matching = matching
                    let path = "\($0.signatures)/own.cud"
                    if let container {
                        #expect(FileManager.default.createFile(atPath: path, contents: Data(container)))
                    }
                }
            }
            whole = try await start(.whole)
            filtered = try await start(.filtered)
        }

        /// Long patterns, of which each engine has another one: where libclamav's buffers end depends on their length.
        private static let long: [(database: String, row: String)] = [
            ("ndb", "Long.Filtered:7:*:\((0..<700).map { String(format: "%02x", $0 * 7 % 251) }.joined())"),
            ("ndb", "Long.Kept:7:*:\(String(repeating: "0102", count: 1100))"),
        ]

        func stop() async {
            _ = await whole.scanners.stop()
            _ = await filtered.scanners.stop()
        }
    }

    private struct Tally {
        var infected = 0
        var isFiltered = 0
    }

    /// Compares the findings in one file.
    private func compare(_ bytes: [UInt8], _ pair: Pair, _ tally: inout Tally, _ label: String) async throws {
        let whole = try await facts(of: bytes, pair.whole)
        let filtered = try await facts(of: bytes, pair.filtered)
        #expect(Set(whole.alerts) == Set(filtered.alerts), "\(label)")
        #expect(Set(whole.gaps.map(\.kind.rawValue)) == Set(filtered.gaps.map(\.kind.rawValue)), "\(label)")
        #expect((whole.code, whole.layers, whole.rootType) == (filtered.code, filtered.layers, filtered.rootType))
        if !whole.alerts.isEmpty { tally.infected += 1 }
        if filtered.isFiltered { tally.isFiltered += 1 }
        #expect(!whole.isFiltered)
    }

    private func facts(
        of bytes: [UInt8], _ fixture: ScannerFixture, _ matching: PatternMatching = .filtered
    ) async throws -> ScanFacts {
        let file = Spool(bytes)
        let answer = try await fixture.scanners.inspect(
            file.descriptor, size: Int64(bytes.count), limits: ScanLimits(), matching: matching)
        guard case .scanned(let facts) = answer.result else { throw Unanswered() }
        return facts
    }

    private struct Unanswered: Error {}

    // MARK: Tests

    private static let count = 60
    /// The first two seeds; `make fuzz` asks for more.
    private static let seeds: [UInt64] = {
        let environment = ProcessInfo.processInfo.environment
        let first = environment["LAZARET_FUZZ_SEED"].flatMap { UInt64($0) } ?? 1
        let count = environment["LAZARET_MATCHING_SEEDS"].flatMap { UInt64($0) } ?? 2
        return Array(first..<(first + count))
    }()

    @Test(.timeLimit(.minutes(240)), arguments: seeds)
    func `random signatures and the bytes they match, in every shape`(seed: UInt64) async throws {
        let pair = try await Pair(seed: seed, count: Self.count)
        var random = SeededGenerator(seed: seed ^ 0xABCD)
        #expect(pair.whole.engine.signatureCount == pair.filtered.engine.signatureCount)
        #expect(pair.whole.engine.databases.map(\.name) == pair.filtered.engine.databases.map(\.name))
        #expect(pair.whole.engine.databases.map(\.signatures) == pair.filtered.engine.databases.map(\.signatures))
        #expect(!pair.whole.engine.matching.isFiltered && pair.filtered.engine.matching.isFiltered)

        var tally = Tally()
        var count = 0
        for (number, sample) in pair.samples.enumerated() {
            let shapes = sample.isProgram ? MatchingShape.containers : MatchingShape.allCases
            if sample.isProgram { try await compare(sample.bytes, pair, &tally, "seed \(seed), \(sample.row)") }
            for (index, shape) in shapes.enumerated() where (index + number) % 5 == 0 {
                let bytes = try shape.file(of: sample.bytes, &random)
                try await compare(bytes, pair, &tally, "seed \(seed), \(shape), \(sample.row)")
                count += 1
            }
        }
        // Files without anything, so that the filter has something to leave out.
        for index in 0..<40 {
            try await compare(MatchingShape.noise(100...5000, &random), pair, &tally, "noise \(index)")
        }
        #expect(tally.infected > count / 3)
        #expect(tally.isFiltered >= 20)
        await pair.stop()
    }

    @Test func `signatures in a database like ClamAV's`() async throws {
        let pair = try await Pair(seed: 3, count: Self.count, inContainer: true)
        let engines = [pair.whole.engine, pair.filtered.engine]
        #expect(engines[0].signatureCount == engines[1].signatureCount)
        for engine in engines { #expect(engine.signatures == "own.cud 7, test.ndb (1 signature)") }
        #expect(engines[0].databases[0] == engines[1].databases[0])
        let counts = engines[1].matching.counts.first { $0.database == "own.cud" }
        #expect(counts?.filtered ?? 0 > 10 && !(counts?.whole.isEmpty ?? true))
        var tally = Tally()
        for sample in pair.samples { try await compare(sample.bytes, pair, &tally, "\(sample.row)") }
        #expect(tally.infected > Self.count / 3)
        await pair.stop()
    }

    @Test func `comparing both ways reports what the filter missed`() async throws {
        let fixture = try await ScannerFixture { $0.matching = .filtered }
        #expect(try await facts(of: Array("no pattern in here\n".utf8), fixture, .verified).missedAlerts == [])
        let found = try await facts(of: eicar, fixture, .verified)
        #expect(found.alerts == [ScannerFixture.signatureName] && found.missedAlerts == [] && !found.isFiltered)
        #expect(try await facts(of: Array("no pattern in here\n".utf8), fixture, .filtered).isFiltered)
        #expect(try await facts(of: Array("no pattern in here\n".utf8), fixture, .whole).isFiltered == false)
        _ = await fixture.scanners.stop()
    }

    /// The second engine begins when the first one has used more than half of the time.
    @Test func `what takes each engine less than its time is found`() async throws {
        let fixture = try await ScannerFixture { $0.matching = .filtered }
        let bytes = try ContainerSamples.zip(eicar, after: 1500)
        let sample = Spool(bytes)
        func scan(within timeout: Duration) async throws -> (facts: ScanFacts, Duration) {
            let answer = try await fixture.scanners.inspect(
                sample.descriptor, size: Int64(bytes.count), limits: ScanLimits(timeout: timeout))
            guard case .scanned(let facts) = answer.result else { throw Unanswered() }
            return (facts, .milliseconds(facts.milliseconds))
        }
        var both = Duration.seconds(60)
        for _ in 0..<3 { both = min(both, try await scan(within: .seconds(60)).1) }
        // A busy machine makes some attempts longer.
        for _ in 0..<9 {
            let facts = try await scan(within: both * 7 / 10).facts
            if facts.alerts == [ScannerFixture.signatureName], facts.gaps.isEmpty {
                _ = await fixture.scanners.stop()
                return
            }
        }
        Issue.record("a limit of \(both * 7 / 10) was hit each time, and both engines together took \(both)")
        _ = await fixture.scanners.stop()
    }

    /// Signatures that both engines have, in an object with more matches than an answer holds.
    @Test func `alerts that were left out are not taken for missed ones`() async throws {
        let text = "qzxjkvwyqzxj"
        let short = (0..<ScanFacts.maximumAlerts + 9).map { "Many.Short-\($0):0:*:717a786a\n" }.joined()
        let shared = (0..<9).map { "Many.Shared-\($0):0:EOF-\(text.utf8.count):717a786a6b767779\n" }.joined()
        let fixture = try await ScannerFixture(adding: ["a.ndb": short, "z.ndb": shared]) { $0.matching = .filtered }
        let found = try await facts(of: Array(text.utf8), fixture, .verified)
        #expect(found.alerts.count == ScanFacts.maximumAlerts && found.alertsLeftOut > 0)
        #expect(found.missedAlerts == [])
        _ = await fixture.scanners.stop()
    }

    @Test func `the report says what is filtered, by database and reason`() async throws {
        let rows =
            "A.Short:0:*:a1b2c3d4\nA.Other:0:*:a1b2c3d4e5f60718:999\nA.Long:0:*:a1b2c3d4e5f60718a9\n"
            + "A.Both:0:*:a1b2c3d4e5f60718a8\nA.Both:0:*:a1b2c3d5\n"
        let hash = "\(String(repeating: "a", count: 32)):9:H\n"
        let fixture = try await ScannerFixture(adding: ["a.ndb": rows, "h.hdb": hash]) { $0.matching = .filtered }
        let counts = fixture.engine.matching.counts.first { $0.database == "a.ndb" }
        #expect(counts == MatchingCount(database: "a.ndb", filtered: 1, whole: ["short": 2, "version": 1, "name": 1]))
        #expect(fixture.engine.matching.counts.contains { $0.database == "test.ndb" && $0.filtered == 1 })
        #expect(fixture.engine.signatureCount == 6)
        _ = await fixture.scanners.stop()
    }

    @Test func `a set without patterns is not filtered`() async throws {
        let folder = Folder()
        try folder.write("h.hdb", Array("\(String(repeating: "a", count: 32)):9:H\n".utf8))
        let fixture = try await ScannerFixture {
            $0.signatures = folder.path
            $0.matching = .filtered
        }
        #expect(!fixture.engine.matching.isFiltered && fixture.engine.matching.obstacle != "")
        _ = await fixture.scanners.stop()
    }
}
