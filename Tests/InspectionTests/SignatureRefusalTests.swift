import Domain
import Foundation
import Glibc
import Judging
import ScanProtocol
import ScannerTestKit
import Support
import TestKit
import Testing

@testable import Inspection

/// Signature sets that are refused, with scanners played by the test.
@Suite(.heavy, .timeLimit(.minutes(1)))
struct SignatureRefusalTests {
    static let unfit: [(String, reason: String, @Sendable (FakeScanner) -> Void)] = [
        (
            "reports that it cannot load", "more.ndb is malformed",
            {
                $0.report(.failed(reason: "more.ndb is malformed"))
                $0.end()
            }
        ),
        ("ends without a report", "the scanner ended while it loaded its signatures", { $0.end() }),
        ("sends an invalid report", "the scanner sent an invalid report", { $0.reportBytes([7, 7, 7]) }),
        ("hangs", "did not load its signatures within", { _ in }),
        (
            "starts no child", "did not load its signatures within",
            { $0.ready(signatures: 100, databases: [main], findsEicar: true) }
        ),
        ("starts a child before it is ready", "which takes none", { close($0.child(process: 9)) }),
        ("has no signature", "the set holds no signature", { $0.ready(signatures: 0) }),
        (
            "has far fewer", "the set holds 49 signatures, less than half of the 100",
            { $0.ready(signatures: 49, databases: [main], findsEicar: true) }
        ),
        (
            "does not find EICAR", "the set does not find the EICAR test file",
            { $0.ready(signatures: 100, databases: [main]) }
        ),
        (
            "finds something in a harmless file", "the set finds Broken.Rule in a harmless text",
            {
                $0.report(
                    .ready(
                        EngineFacts(
                            engine: "Fake 1", signatures: 100, databases: [main], findsEicar: true,
                            falseAlarm: "Broken.Rule in a harmless text")))
            }
        ),
        (
            "has no signed main", "the set lacks main",
            { $0.ready(signatures: 100, findsEicar: true) }
        ),
    ]
    private static let main = SignatureHandoverFixture.database("main.cvd")

    @Test(arguments: unfit.indices) func `a scanner that is unfit to serve only raises an alarm`(index: Int)
        async throws
    {
        let (name, reason, misbehave) = Self.unfit[index]
        let isSlow = reason.contains("did not load")
        let fixture = try SignatureHandoverFixture { $0.loadTimeout = .seconds(isSlow ? 2 : 60) }
        let (old, child) = try await fixture.first(findsEicar: true, databases: [Self.main])
        let (request, scan) = try await fixture.scan(by: child)
        try fixture.change()
        let bad = try await fixture.next()
        misbehave(bad)
        let line = try await fixture.lines.next("signatures refused")
        #expect(line.contains(reason), "\(name): \(line)")
        #expect(line.contains(#""level":"error""#))
        #expect(line.contains(#""serving":"main.cvd 7""#))
        #expect(fixture.scanners.signatures.refusal?.contains(reason) == true)
        // Neither the running call nor the next one is affected.
        SignatureHandoverFixture.answer(request, to: child)
        #expect(try await scan.value.evidence.signatures == "main.cvd 7")
        let (second, again) = try await fixture.scan(by: child)
        SignatureHandoverFixture.answer(second, to: child)
        #expect(try await again.value.findings.isEmpty)
        if !["reports that it cannot load", "ends without a report"].contains(name) {
            #expect(await bad.isClosedByWorker())
            bad.end()
        }
        // The set is not loaded again until the folder changes; then it is, once.
        #expect(fixture.scanners.signatures.refusals == 1)
        try fixture.change()
        let good = try await fixture.next()
        good.ready(signatures: 100, databases: [Self.main], findsEicar: true)
        let goodChild = good.child(process: 300)
        try await fixture.lines.next("signatures switched")
        let status = fixture.scanners.signatures
        #expect((status.switches, status.refusals) == (1, 1))
        #expect(status.refusal == nil)
        await fixture.finish([old, good], [child, goodChild])
    }

    @Test func `a refusal ends when the folder holds the serving set again`() async throws {
        let fixture = try SignatureHandoverFixture()
        let (old, child) = try await fixture.first()
        let path = fixture.folder.path
        try #require(rename("\(path)/test.ndb", "\(path)/away") == 0)
        let bad = try await fixture.next()
        bad.report(.failed(reason: "empty"))
        bad.end()
        try await fixture.lines.next("signatures refused")
        try #require(rename("\(path)/away", "\(path)/test.ndb") == 0)
        try await fixture.lines.next("signature folder holds the serving set again")
        #expect(fixture.scanners.signatures.refusal == nil)
        await fixture.finish([old], [child])
    }

    /// The old set exists in memory only, so calls wait until the folder is repaired.
    @Test func `a scanner lost while its folder holds a refused set is not replaced by that set`() async throws {
        let fixture = try SignatureHandoverFixture { $0.reloadPause = .milliseconds(5) }
        let (old, child) = try await fixture.first(signatures: 100)
        try fixture.change()
        let thin = try await fixture.next()
        thin.ready(signatures: 10)
        try await fixture.lines.next("signatures refused")
        thin.end()
        old.end()
        try await fixture.lines.next("scanner lost; starting another one")
        let again = try await fixture.next()
        again.ready(signatures: 10)
        try await fixture.lines.next("scanner failed to load; will be retried")
        again.end()
        let mended = try await fixture.next()
        let error = #expect(throws: ScannerError.self) { try fixture.scanners.description() }
        #expect(error?.code == .unavailable && error?.isRetryable == true)
        #expect(error?.message.contains("less than half of the 100") == true, "\(String(describing: error))")
        #expect(fixture.scanners.signatures.refusals == 1, "the same set counts once")
        mended.ready(signatures: 100)
        try await eventually { !fixture.scanners.isDown }
        let mendedChild = mended.child(process: 400)
        let (request, scan) = try await fixture.scan(by: mendedChild)
        SignatureHandoverFixture.answer(request, to: mendedChild)
        #expect(try await scan.value.findings.isEmpty)
        #expect(fixture.scanners.signatures.refusal == nil)
        await fixture.finish([mended], [child, mendedChild])
    }
}
