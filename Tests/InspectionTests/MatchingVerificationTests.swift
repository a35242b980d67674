import Domain
import Foundation
import Judging
import ScanProtocol
import ScannerTestKit
import TestKit
import Testing

@testable import Inspection

/// Matching objects both ways, and what a difference changes, with a scanner played by the test.
@Suite(.heavy, .timeLimit(.minutes(1)))
struct MatchingVerificationTests {
    private static func fixture(isFiltered: Bool) async throws -> (SignatureHandoverFixture, FakeScanner, CInt) {
        let fixture = try SignatureHandoverFixture {
            $0.matching = .filtered
            $0.verifyMatching = 1
        }
        let (fake, child) = try await fixture.first(matching: MatchingFacts(isFiltered: isFiltered))
        return (fixture, fake, child)
    }

    /// How a request asks to match.
    private static func matching(of request: [UInt8]) throws -> PatternMatching? {
        let (count, _) = try #require(Nonce.split(request, count: request.count))
        guard case .scan(_, _, _, _, let matching) = try ScanRequest(packet: request, count: count) else { return nil }
        return matching
    }

    /// Scans once. Returns how that was asked for.
    private static func scan(
        _ fixture: SignatureHandoverFixture, _ child: CInt, missed: [String] = []
    ) async throws -> PatternMatching? {
        let (request, scan) = try await fixture.scan(by: child)
        var facts = FakeScanner.cleanFacts
        (facts.alerts, facts.missedAlerts) = (missed, missed)
        FakeScanner.answer(request, with: ScanReply.scanned(facts).packet, to: child)
        let report = try await scan.value
        #expect(report.findings.map(\.name) == missed)
        return try matching(of: request)
    }

    @Test(arguments: [(true, 25), (false, 15)])
    func `each of two engines has the time of one scan`(isFiltered: Bool, seconds: Int) async throws {
        let (fixture, fake, child) = try await Self.fixture(isFiltered: isFiltered)
        let answer = try await fixture.scanners.inspect(
            -1, size: EngineLimits.ceiling + 1, limits: ScanLimits(timeout: .seconds(10)))
        #expect(answer.allowance == .seconds(seconds))
        await fixture.finish([fake], [child])
    }

    @Test func `a match that the filter missed is reported, counted, and the end of the filter`() async throws {
        let (fixture, fake, child) = try await Self.fixture(isFiltered: true)
        #expect(fixture.scanners.engines == ["Fake 1", "Fake 1, filtered"])
        #expect(try await Self.scan(fixture, child) == .verified)
        #expect(fixture.scanners.matchingVerification == .init(verified: 1, differences: 0))

        #expect(try await Self.scan(fixture, child, missed: ["Sample.A"]) == .verified)
        let line = try await fixture.lines.next(
            "the filter of signatures missed a match; from now on all signatures are matched")
        #expect(line.contains(#""level":"error""#) && line.contains(#""signatures":["Sample.A"]"#), "\(line)")
        #expect(fixture.scanners.matchingVerification == .init(verified: 2, differences: 1))

        for _ in 0..<3 { #expect(try await Self.scan(fixture, child) == .whole) }
        // Verdicts that the filter had a part in stand for no scan any more.
        #expect(fixture.scanners.engines == ["Fake 1"])
        await fixture.finish([fake], [child])
    }

    @Test func `an object whose scan did not end is not counted as compared`() async throws {
        let (fixture, fake, child) = try await Self.fixture(isFiltered: true)
        let (request, scan) = try await fixture.scan(by: child)
        FakeScanner.answer(request, with: ScanReply.refused("for a test").packet, to: child)
        await #expect(throws: ScannerError.self) { try await scan.value }
        #expect(fixture.scanners.matchingVerification == .init())
        await fixture.finish([fake], [child])
    }

    @Test func `nothing is compared if no signature is filtered`() async throws {
        let (fixture, fake, child) = try await Self.fixture(isFiltered: false)
        #expect(try await Self.scan(fixture, child) == .filtered)
        #expect(fixture.scanners.matchingVerification == .init())
        #expect(fixture.scanners.engines == ["Fake 1"])
        await fixture.finish([fake], [child])
    }
}
