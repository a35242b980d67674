import CShims
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

/// Handovers in every order of events, with scanners played by the test.
@Suite(.timeLimit(.minutes(1)))
struct SignatureHandoverTests {
    private static func database(_ name: String, _ signatures: Int64 = 1) -> SignatureDatabase {
        .init(
            name: name, version: SignatureFile.isSigned(name) ? 7 : nil, signatures: signatures,
            built: Timestamp(milliseconds: 1_700_000_000_000))
    }

    private func answer(_ request: [UInt8], to child: CInt) {
        FakeScanner.answer(request, with: ScanReply.scanned(FakeScanner.cleanFacts).packet, to: child)
    }

    /// Whether the worker closed, or half closed, its end of the control socket.
    private func isClosed(_ fake: FakeScanner) async -> Bool {
        do {
            while true { _ = try await fake.nextOrder() }
        } catch { return true }
    }

    private func finish(_ fixture: HandoverFixture, _ fakes: [FakeScanner], _ sockets: [CInt]) async {
        fixture.close()
        for fake in fakes { fake.end() }
        for socket in sockets { close(socket) }
        _ = await fixture.scanners.stop()
    }

    @Test func `running calls finish on the old set and new ones use the new set`() async throws {
        let fixture = try HandoverFixture()
        let (old, oldChild) = try await fixture.first(databases: [Self.database("old.ndb")])
        let (oldRequest, oldScan) = try await fixture.scan(by: oldChild)
        try fixture.change()
        let new = try await fixture.next()
        try await fixture.lines.next("loading signatures")
        #expect(try fixture.scanners.description().signatures == "old.ndb (1 signature)")
        new.ready(signatures: 100, databases: [Self.database("new.ndb", 2)])
        let newChild = new.child(process: 200)
        let line = try await fixture.lines.next("signatures switched")
        #expect(line.contains(#""from":"old.ndb (1 signature)","to":"new.ndb (2 signatures)""#), "\(line)")
        #expect(line.contains(#""milliseconds":"#))
        #expect(try fixture.scanners.description().signatures == "new.ndb (2 signatures)")

        let (newRequest, newScan) = try await fixture.scan(by: newChild)
        answer(newRequest, to: newChild)
        #expect(try await newScan.value.evidence.signatures == "new.ndb (2 signatures)")
        // The retiring scanner still has its call, and its evidence names its own set.
        answer(oldRequest, to: oldChild)
        let report = try await oldScan.value
        #expect(report.findings.isEmpty)
        #expect(report.evidence.signatures == "old.ndb (1 signature)")
        #expect(await isClosed(old))
        #expect(await FakeScanner.receive(oldChild).isEmpty, "the worker's end is closed")
        let status = fixture.scanners.signatures
        #expect((status.switches, status.refusals) == (1, 0))
        #expect(status.refusal == nil)
        #expect(status.built == Timestamp(milliseconds: 1_700_000_000_000))
        await finish(fixture, [old, new], [oldChild, newChild])
    }

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
            "lacks a signed database", "the set lacks main",
            { $0.ready(signatures: 100, findsEicar: true) }
        ),
    ]
    private static let main = database("main.cvd")

    @Test(arguments: unfit.indices) func `a scanner that is unfit to serve only raises an alarm`(index: Int)
        async throws
    {
        let (name, reason, deed) = Self.unfit[index]
        let isSlow = reason.contains("did not load")
        let fixture = try HandoverFixture { $0.loadTimeout = .seconds(isSlow ? 2 : 60) }
        let (old, child) = try await fixture.first(findsEicar: true, databases: [Self.main])
        let (request, scan) = try await fixture.scan(by: child)
        try fixture.change()
        let bad = try await fixture.next()
        deed(bad)
        let line = try await fixture.lines.next("signatures refused")
        #expect(line.contains(reason), "\(name): \(line)")
        #expect(line.contains(#""level":"error""#))
        #expect(line.contains(#""serving":"main.cvd 7""#))
        #expect(fixture.scanners.signatures.refusal?.contains(reason) == true)
        // Neither the running call nor the next one is affected.
        answer(request, to: child)
        #expect(try await scan.value.evidence.signatures == "main.cvd 7")
        let (second, again) = try await fixture.scan(by: child)
        answer(second, to: child)
        #expect(try await again.value.findings.isEmpty)
        if !["reports that it cannot load", "ends without a word"].contains(name) {
            #expect(await isClosed(bad))
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
        await finish(fixture, [old, good], [child, goodChild])
    }

    @Test func `a refusal ends when the folder holds the serving set again`() async throws {
        let fixture = try HandoverFixture()
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
        await finish(fixture, [old], [child])
    }

    @Test func `a folder that changes during the load is loaded again`() async throws {
        let fixture = try HandoverFixture()
        let (old, child) = try await fixture.first()
        try fixture.change("one")
        let half = try await fixture.next()
        try fixture.change("one and two")
        #expect(await isClosed(half), "what it loads may be half of one set and half of the other")
        half.end()
        let whole = try await fixture.next()
        whole.ready(signatures: 100)
        let wholeChild = whole.child(process: 300)
        try await fixture.lines.next("signatures switched")
        let status = fixture.scanners.signatures
        #expect((status.switches, status.refusals) == (1, 0), "a set on its way is not one that was refused")
        await finish(fixture, [old, whole], [child, wholeChild])
    }

    @Test func `the handover waits for all children`() async throws {
        let fixture = try HandoverFixture(children: 2)
        let (old, oldChild) = try await fixture.first()
        try fixture.change()
        let new = try await fixture.next()
        new.ready(signatures: 100, databases: [Self.database("new.ndb")])
        let lost = new.child(slot: 0, process: 200)
        new.report(.childEnded(slot: 0, process: 200, status: 9))
        let child = new.child(slot: 1, process: 201)
        try await fixture.lines.next("scanner child ended")
        // While a child is missing, the old scanner has the calls.
        let (request, scan) = try await fixture.scan(by: oldChild)
        answer(request, to: oldChild)
        #expect(try await scan.value.evidence.signatures?.isEmpty == true)
        let last = new.child(slot: 0, process: 202)
        try await fixture.lines.next("signatures switched")
        await finish(fixture, [old, new], [lost, child, oldChild, last])
    }

    @Test func `an object whose child dies on the old set is scanned by the new one`() async throws {
        let fixture = try HandoverFixture()
        let (old, oldChild) = try await fixture.first(databases: [Self.database("old.ndb")])
        let (_, scan) = try await fixture.scan(by: oldChild)
        try fixture.change()
        let new = try await fixture.next()
        new.ready(signatures: 100, databases: [Self.database("new.ndb")])
        let newChild = new.child(process: 200)
        try await fixture.lines.next("signatures switched")
        close(oldChild)
        old.report(.childEnded(slot: 0, process: 100, status: 11))
        let request = await FakeScanner.receive(newChild)
        answer(request, to: newChild)
        #expect(try await scan.value.evidence.signatures == "new.ndb (1 signature)")
        #expect(await isClosed(old))
        await finish(fixture, [old, new], [newChild])
    }

    @Test func `a call that hangs on the old set ends with its time limit`() async throws {
        let fixture = try HandoverFixture { $0.grace = .milliseconds(300) }
        let (old, oldChild) = try await fixture.first()
        let scan = Task {
            let file = Spool(eicar)
            return try await fixture.scanners.scan(file.descriptor, size: 68, limits: ScanLimits(timeout: .zero))
        }
        _ = await FakeScanner.receive(oldChild)
        try fixture.change()
        let new = try await fixture.next()
        new.ready(signatures: 100)
        let newChild = new.child(process: 200)
        try await fixture.lines.next("signatures switched")
        #expect(try await scan.value.evidence.limits == ["timed-out"])
        #expect(await isClosed(old))
        await finish(fixture, [old, new], [oldChild, newChild])
    }

    @Test func `if the previous scanner dies its calls are tried again`() async throws {
        let fixture = try HandoverFixture()
        let (old, oldChild) = try await fixture.first()
        let (_, scan) = try await fixture.scan(by: oldChild)
        try fixture.change()
        let new = try await fixture.next()
        new.ready(signatures: 100, databases: [Self.database("new.ndb")])
        let newChild = new.child(process: 200)
        try await fixture.lines.next("signatures switched")
        old.end()
        let request = await FakeScanner.receive(newChild)
        answer(request, to: newChild)
        #expect(try await scan.value.evidence.signatures == "new.ndb (1 signature)")
        await finish(fixture, [new], [oldChild, newChild])
    }

    @Test(arguments: [false, true]) func `a scanner lost during a handover is succeeded by the candidate`(
        isProven: Bool
    ) async throws {
        let fixture = try HandoverFixture(children: 2)
        let (old, oldChild) = try await fixture.first()
        let (_, scan) = try await fixture.scan(by: oldChild)
        try fixture.change()
        let new = try await fixture.next()
        if isProven {
            new.ready(signatures: 100, databases: [Self.database("new.ndb")])
            try await fixture.lines.next("scanner is ready")
        }
        old.end()
        try await fixture.lines.next("scanner lost; starting another one")
        if !isProven { new.ready(signatures: 100, databases: [Self.database("new.ndb")]) }
        // One child is enough to serve if nothing else does.
        let newChild = new.child(process: 200)
        let request = await FakeScanner.receive(newChild)
        answer(request, to: newChild)
        #expect(try await scan.value.evidence.signatures == "new.ndb (1 signature)")
        #expect(fixture.scanners.signatures.switches == 1)
        await finish(fixture, [new], [oldChild, newChild])
    }

    /// The old set exists in memory only, so calls wait until the folder is repaired.
    @Test func `a scanner lost while its folder holds a refused set is not replaced by that set`() async throws {
        let fixture = try HandoverFixture { $0.reloadPause = .milliseconds(5) }
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
        answer(request, to: mendedChild)
        #expect(try await scan.value.findings.isEmpty)
        #expect(fixture.scanners.signatures.refusal == nil)
        await finish(fixture, [mended], [child, mendedChild])
    }

    @Test(arguments: ["loading", "ready", "retiring"]) func `a stop during a handover ends both scanners`(at: String)
        async throws
    {
        let fixture = try HandoverFixture()
        let (old, oldChild) = try await fixture.first()
        let (_, scan) = try await fixture.scan(by: oldChild)
        try fixture.change()
        let new = try await fixture.next()
        var sockets = [oldChild]
        if at != "loading" {
            new.ready(signatures: 100)
            try await fixture.lines.next("scanner is ready")
        }
        if at == "retiring" {
            sockets.append(new.child(process: 200))
            try await fixture.lines.next("signatures switched")
        }
        let stop = Task { await fixture.scanners.stop() }
        let error = await #expect(throws: ScannerError.self) { try await scan.value }
        #expect(error?.code == .stopped)
        for fake in [old, new] {
            #expect(await isClosed(fake))
            fake.end()
        }
        _ = await stop.value
        for socket in sockets {
            #expect(await FakeScanner.receive(socket).isEmpty, "the worker's end is closed")
            close(socket)
        }
    }

    @Test func `without an interval the first set serves to the end`() async throws {
        let fixture = try HandoverFixture { $0.signatureInterval = nil }
        let (old, child) = try await fixture.first()
        try fixture.change()
        let (request, scan) = try await fixture.scan(by: child)
        answer(request, to: child)
        #expect(try await scan.value.findings.isEmpty)
        #expect(fixture.scanners.signatures.switches == 0)
        await finish(fixture, [old], [child])
    }
}
