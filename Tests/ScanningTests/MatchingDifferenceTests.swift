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

        init(seed: UInt64, count: Int) async throws {
            var generator = SignatureSamples(seed: seed)
            let samples = (0..<count).map { _ in generator.next() }
            var files: [String: String] = [:]
            for sample in samples { files["samples.\(sample.database)", default: ""] += sample.row + "\n" }
            self.samples = samples
            whole = try await ScannerFixture(adding: files) { $0.matching = .whole }
            filtered = try await ScannerFixture(adding: files) { $0.matching = .filtered }
        }

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

    // MARK: Shapes

    /// What the bytes that a signature matches stand in.
    private enum Shape: CaseIterable {
        case noise, border, letter, normalisedBorder, page, script, shell, wide, zip, tarGzip, nestedZip, mail, program
        case pdf, rtf
    }

    private static func text(_ text: String) -> [UInt8] { Array(text.utf8) }

    /// Where libclamav's buffers of 128 KiB meet.
    private static func border(_ bytes: [UInt8], _ random: inout SeededGenerator) -> Int {
        131_072 - Int.random(in: 0...(bytes.count + 40), using: &random)
    }

    private static func make(_ shape: Shape, _ bytes: [UInt8], _ random: inout SeededGenerator) throws -> [UInt8] {
        switch shape {
        case .noise: return noise(0...400, &random) + bytes + noise(0...60, &random)
        case .border:
            let start = border(bytes, &random)
            return noise(start...start, &random) + bytes + noise(0...60, &random)
        case .letter: return text("A letter to read:\n") + bytes + text(" and no more.\n")
        case .normalisedBorder:
            let start = border(bytes, &random)
            return [UInt8](repeating: UInt8(ascii: "x"), count: start) + [0x20] + bytes + text("  end\n")
        case .page:
            let body = bytes.map { $0 == 0x20 ? UInt8(0x0A) : $0 }
            return text("<html><head><title>T</title></head><body><p>") + body + text("</p></body></html>\n")
        case .script:
            let start = text("<html><body><script>var t = '") + bytes
            return start + text("';</script>") + bytes.uppercased + text("</body></html>\n")
        case .shell: return text("#!/bin/sh\necho  ") + bytes.uppercased.map { $0 == 0x20 ? UInt8(0x09) : $0 } + [0x0A]
        case .wide: return [0xFF, 0xFE] + (text("words: ") + bytes).flatMap { [$0, 0] as [UInt8] }
        case .zip: return try ContainerSamples.zip(noise(0...200, &random) + bytes)
        case .tarGzip: return try ContainerSamples.tar(bytes, mode: "w:gz")
        case .nestedZip: return try ContainerSamples.zip(try ContainerSamples.zip(text("Some text. ") + bytes))
        case .mail:
            let head =
                "From: a@example.com\r\nSubject: s\r\nMIME-Version: 1.0\r\nContent-Type: application/octet-stream\r\n"
            return text(head + "Content-Transfer-Encoding: base64\r\n\r\n\(Data(bytes).base64EncodedString())\r\n")
        case .program: return Array(try Data(contentsOf: URL(filePath: "/bin/true"))) + noise(0...100, &random) + bytes
        case .pdf:
            let start = text("%PDF-1.4\n1 0 obj\n<< /Length \(bytes.count) >>\nstream\n")
            return start + bytes + text("\nendstream\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n")
        case .rtf: return text("{\\rtf1\\ansi ") + bytes + text("}")
        }
    }

    private static func noise(_ range: ClosedRange<Int>, _ random: inout SeededGenerator) -> [UInt8] {
        (0..<Int.random(in: range, using: &random)).map { _ -> UInt8 in UInt8.random(in: 0...255, using: &random) }
    }

    // MARK: Tests

    private static let count = 60

    @Test(arguments: [1, 2] as [UInt64])
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
            for (index, shape) in Shape.allCases.enumerated() where (index + number) % 5 == 0 {
                let bytes = try Self.make(shape, sample.bytes, &random)
                try await compare(bytes, pair, &tally, "seed \(seed), \(shape), \(sample.row)")
                count += 1
            }
        }
        // Files without anything, so that the filter has something to leave out.
        for index in 0..<40 {
            try await compare(Self.noise(100...5000, &random), pair, &tally, "noise \(index)")
        }
        #expect(tally.infected > count / 2)
        #expect(tally.isFiltered >= 30)
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

    @Test func `the report says what is filtered, by database and reason`() async throws {
        let rows =
            "A.Short:0:*:a1b2c3d4\nA.Other:0:*:a1b2c3d4e5f60718:999\nA.Long:0:*:a1b2c3d4e5f60718a9\nA.Long:0:*:a1b2c3d5\n"
        let hash = "\(String(repeating: "a", count: 32)):9:H\n"
        let fixture = try await ScannerFixture(adding: ["a.ndb": rows, "h.hdb": hash]) { $0.matching = .filtered }
        let counts = fixture.engine.matching.counts.first { $0.database == "a.ndb" }
        #expect(counts == MatchingCount(database: "a.ndb", filtered: 1, whole: ["short": 2, "version": 1]))
        #expect(fixture.engine.matching.counts.contains { $0.database == "test.ndb" && $0.filtered == 1 })
        #expect(fixture.engine.signatureCount == 5)
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

extension [UInt8] {
    fileprivate var uppercased: [UInt8] { map { (0x61...0x7A).contains($0) ? $0 & 0xDF : $0 } }
}
