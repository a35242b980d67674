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
@Suite(.heavy, .timeLimit(.minutes(1)))
struct SignatureHandoverTests {
    @Test func `running calls finish on the old set and new ones use the new set`() async throws {
        let fixture = try SignatureHandoverFixture(children: 2)
        let (old, oldChild) = try await fixture.first(databases: [SignatureHandoverFixture.database("old.ndb")])
        let (oldRequest, oldScan) = try await fixture.scan(by: oldChild)
        try fixture.change()
        let new = try await fixture.next()
        try await fixture.lines.next("loading signatures")
        #expect(try fixture.scanners.description().signatures == "old.ndb (1 signature)")
        new.ready(signatures: 100, databases: [SignatureHandoverFixture.database("new.ndb", 2)])
        let unused = new.child(slot: 0, process: 200)
        let newChild = new.child(slot: 1, process: 201)
        let line = try await fixture.lines.next("signatures switched")
        #expect(line.contains(#""from":"old.ndb (1 signature)","to":"new.ndb (2 signatures)""#), "\(line)")
        #expect(line.contains(#""milliseconds":"#))
        #expect(try fixture.scanners.description().signatures == "new.ndb (2 signatures)")

        let (newRequest, newScan) = try await fixture.scan(by: newChild)
        SignatureHandoverFixture.answer(newRequest, to: newChild)
        #expect(try await newScan.value.evidence.signatures == "new.ndb (2 signatures)")
        // The retiring scanner still has its call, and its evidence names its own set.
        SignatureHandoverFixture.answer(oldRequest, to: oldChild)
        let report = try await oldScan.value
        #expect(report.findings.isEmpty)
        #expect(report.evidence.signatures == "old.ndb (1 signature)")
        #expect(await old.isClosedByWorker())
        #expect(await FakeScanner.receive(oldChild).isEmpty, "the worker's end is closed")
        let status = fixture.scanners.signatures
        #expect((status.switches, status.refusals) == (1, 0))
        #expect(status.refusal == nil)
        #expect(status.built == Timestamp(milliseconds: 1_700_000_000_000))
        await fixture.finish([old, new], [oldChild, unused, newChild])
    }

    @Test func `both scanners together take no more calls than one`() async throws {
        let fixture = try SignatureHandoverFixture(children: 2)
        let (old, oldChild) = try await fixture.first()
        let (oldRequest, oldScan) = try await fixture.scan(by: oldChild)
        try fixture.change()
        let new = try await fixture.next()
        new.ready(signatures: 100)
        let children = [new.child(slot: 0, process: 200), new.child(slot: 1, process: 201)]
        try await fixture.lines.next("signatures switched")
        let (request, scan) = try await fixture.scan(by: children[1])
        // Its slot is free in the new scanner, but taken in the old one.
        let waiting = Task {
            let file = Spool(eicar)
            return try await fixture.scanners.scan(file.descriptor, size: 68, limits: ScanLimits())
        }
        var source = pollfd(fd: children[0], events: Int16(POLLIN), revents: 0)
        #expect(poll(&source, 1, 300) == 0)
        SignatureHandoverFixture.answer(oldRequest, to: oldChild)
        _ = try await oldScan.value
        SignatureHandoverFixture.answer(await FakeScanner.receive(children[0]), to: children[0])
        _ = try await waiting.value
        SignatureHandoverFixture.answer(request, to: children[1])
        _ = try await scan.value
        await fixture.finish([old, new], [oldChild] + children)
    }

    /// By the end of the old scanner, which answers nothing any more.
    @Test func `a call that waits for a slot of a lost scanner goes on`() async throws {
        let fixture = try SignatureHandoverFixture()
        let (old, oldChild) = try await fixture.first()
        let (_, oldScan) = try await fixture.scan(by: oldChild)
        try fixture.change()
        let new = try await fixture.next()
        new.ready(signatures: 100)
        let child = new.child(process: 200)
        try await fixture.lines.next("signatures switched")
        let waiting = Task {
            let file = Spool(eicar)
            return try await fixture.scanners.scan(file.descriptor, size: 68, limits: ScanLimits())
        }
        old.end()
        for _ in 1...2 { SignatureHandoverFixture.answer(await FakeScanner.receive(child), to: child) }
        _ = (try await oldScan.value, try await waiting.value)
        await fixture.finish([new], [oldChild, child])
    }

    @Test func `after many crashes the same set serves in a new process`() async throws {
        let fixture = try SignatureHandoverFixture { $0.crashesPerScanner = 3 }
        let (old, oldChild) = try await fixture.first()
        var (child, process) = (oldChild, Int32(100))
        // SIGSEGV, SIGABRT, SIGSYS; SIGKILL and an exit are no crashes.
        for status in [9, 11, 9, 91 << 8, 6, 31] as [Int32] {
            close(child)
            old.report(.childEnded(slot: 0, process: process, status: status))
            process += 1
            child = old.child(process: process)
        }
        #expect(
            try await fixture.lines.next("many scanner children crashed: another scanner is started")
                .contains(#""crashes":3"#))
        let new = try await fixture.next()
        new.ready(signatures: 100)
        let newChild = new.child(process: 200)
        try await fixture.lines.next("signatures switched")
        let (request, scan) = try await fixture.scan(by: newChild)
        SignatureHandoverFixture.answer(request, to: newChild)
        #expect(try await scan.value.findings.isEmpty)
        #expect(await old.isClosedByWorker())
        await fixture.finish([old, new], [child, newChild])
    }

    @Test func `a folder that changes during the load is loaded again`() async throws {
        let fixture = try SignatureHandoverFixture()
        let (old, child) = try await fixture.first()
        try fixture.change("one")
        let half = try await fixture.next()
        try fixture.change("one and two")
        #expect(await half.isClosedByWorker(), "what it loads may be half of one set and half of the other")
        half.end()
        let whole = try await fixture.next()
        whole.ready(signatures: 100)
        let wholeChild = whole.child(process: 300)
        try await fixture.lines.next("signatures switched")
        let status = fixture.scanners.signatures
        #expect((status.switches, status.refusals) == (1, 0), "a set on its way is not one that was refused")
        await fixture.finish([old, whole], [child, wholeChild])
    }

    @Test func `the handover waits for all children`() async throws {
        let fixture = try SignatureHandoverFixture(children: 2)
        let (old, oldChild) = try await fixture.first()
        try fixture.change()
        let new = try await fixture.next()
        new.ready(signatures: 100, databases: [SignatureHandoverFixture.database("new.ndb")])
        let lost = new.child(slot: 0, process: 200)
        new.report(.childEnded(slot: 0, process: 200, status: 9))
        let child = new.child(slot: 1, process: 201)
        try await fixture.lines.next("scanner child ended")
        // While a child is missing, the old scanner has the calls.
        let (request, scan) = try await fixture.scan(by: oldChild)
        SignatureHandoverFixture.answer(request, to: oldChild)
        #expect(try await scan.value.evidence.signatures?.isEmpty == true)
        let last = new.child(slot: 0, process: 202)
        try await fixture.lines.next("signatures switched")
        await fixture.finish([old, new], [lost, child, oldChild, last])
    }

    @Test func `an object whose child dies on the old set is scanned by the new one`() async throws {
        let fixture = try SignatureHandoverFixture()
        let (old, oldChild) = try await fixture.first(databases: [SignatureHandoverFixture.database("old.ndb")])
        let (_, scan) = try await fixture.scan(by: oldChild)
        try fixture.change()
        let new = try await fixture.next()
        new.ready(signatures: 100, databases: [SignatureHandoverFixture.database("new.ndb")])
        let newChild = new.child(process: 200)
        try await fixture.lines.next("signatures switched")
        close(oldChild)
        old.report(.childEnded(slot: 0, process: 100, status: 11))
        let request = await FakeScanner.receive(newChild)
        SignatureHandoverFixture.answer(request, to: newChild)
        #expect(try await scan.value.evidence.signatures == "new.ndb (1 signature)")
        #expect(await old.isClosedByWorker())
        await fixture.finish([old, new], [newChild])
    }

    @Test func `a call that hangs on the old set ends with its time limit`() async throws {
        let fixture = try SignatureHandoverFixture { $0.grace = .milliseconds(300) }
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
        #expect(await old.isClosedByWorker())
        await fixture.finish([old, new], [oldChild, newChild])
    }

    @Test func `if the previous scanner dies its calls are tried again`() async throws {
        let fixture = try SignatureHandoverFixture()
        let (old, oldChild) = try await fixture.first()
        let (_, scan) = try await fixture.scan(by: oldChild)
        try fixture.change()
        let new = try await fixture.next()
        new.ready(signatures: 100, databases: [SignatureHandoverFixture.database("new.ndb")])
        let newChild = new.child(process: 200)
        try await fixture.lines.next("signatures switched")
        old.end()
        let request = await FakeScanner.receive(newChild)
        SignatureHandoverFixture.answer(request, to: newChild)
        #expect(try await scan.value.evidence.signatures == "new.ndb (1 signature)")
        await fixture.finish([new], [oldChild, newChild])
    }

    @Test(arguments: [false, true]) func `a scanner lost during a handover is succeeded by the candidate`(
        isProven: Bool
    ) async throws {
        let fixture = try SignatureHandoverFixture(children: 2)
        let (old, oldChild) = try await fixture.first()
        let (_, scan) = try await fixture.scan(by: oldChild)
        try fixture.change()
        let new = try await fixture.next()
        if isProven {
            new.ready(signatures: 100, databases: [SignatureHandoverFixture.database("new.ndb")])
            try await fixture.lines.next("scanner is ready")
        }
        old.end()
        try await fixture.lines.next("scanner lost; starting another one")
        if !isProven { new.ready(signatures: 100, databases: [SignatureHandoverFixture.database("new.ndb")]) }
        // One child is enough to serve if nothing else does.
        let newChild = new.child(process: 200)
        let request = await FakeScanner.receive(newChild)
        SignatureHandoverFixture.answer(request, to: newChild)
        #expect(try await scan.value.evidence.signatures == "new.ndb (1 signature)")
        #expect(fixture.scanners.signatures.switches == 1)
        await fixture.finish([new], [oldChild, newChild])
    }

    @Test(arguments: ["loading", "ready", "retiring"]) func `a stop during a handover ends both scanners`(at: String)
        async throws
    {
        let fixture = try SignatureHandoverFixture()
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
            #expect(await fake.isClosedByWorker())
            fake.end()
        }
        _ = await stop.value
        for socket in sockets {
            #expect(await FakeScanner.receive(socket).isEmpty, "the worker's end is closed")
            close(socket)
        }
    }

    @Test func `without an interval the first set serves to the end`() async throws {
        let fixture = try SignatureHandoverFixture { $0.signatureInterval = nil }
        let (old, child) = try await fixture.first()
        try fixture.change()
        let (request, scan) = try await fixture.scan(by: child)
        SignatureHandoverFixture.answer(request, to: child)
        #expect(try await scan.value.findings.isEmpty)
        #expect(fixture.scanners.signatures.switches == 0)
        await fixture.finish([old], [child])
    }
}
