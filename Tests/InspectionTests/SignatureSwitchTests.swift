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

/// A value that several threads share.
private final class Box<Value: Sendable>: Sendable {
    private let state: Locked<Value>

    init(_ value: Value) { state = Locked(value) }

    var value: Value { state.withLock { $0 } }

    @discardableResult func change<Result: Sendable>(_ body: (inout Value) -> Result) -> Result {
        state.withLock { body(&$0) }
    }
}

/// Switches in every order, by scanners in the hands of the test.
@Suite(.timeLimit(.minutes(1)))
struct SignatureSwitchTests {
    /// A link whose scanners are all the test's own, and the folder that it watches.
    private final class Scene: Sendable {
        let folder: Folder
        let lines = LogLines()
        let scanners: Scanners
        private let launched: AsyncStream<FakeScanner>
        private let sink: AsyncStream<FakeScanner>.Continuation
        /// What the first scanner says as it starts, so that no clock runs against the test.
        private let opening: Box<EngineFacts>
        /// How many were started.
        private let count: Box<Int>

        init(children: Int = 1, configuring configure: (inout ScannerConfiguration) -> Void = { _ in }) throws {
            folder = try ScannerFixture.signatureFolder()
            var configuration = ScannerConfiguration(
                executable: "", signatures: folder.path, children: children, maxDeaths: 3,
                replacementTimeout: .seconds(3600), reloadPause: .seconds(3600), signatureInterval: .milliseconds(5))
            configure(&configuration)
            let (launched, sink) = AsyncStream.makeStream(of: FakeScanner.self)
            (self.launched, self.sink) = (launched, sink)
            let (opening, count) = (Box(EngineFacts(engine: "Fake 1", signatures: 100, databases: [])), Box(0))
            (self.opening, self.count) = (opening, count)
            scanners = Scanners(configuration: configuration, log: lines.log) { () throws(ScannerError) in
                let fake = FakeScanner()
                let number = count.change { count in
                    count += 1
                    return count
                }
                if number == 1 { fake.report(.ready(opening.value)) }
                guard case .enqueued = sink.yield(fake) else {
                    throw ScannerError(.executable, "no scanner is started any more")
                }
                return fake.process
            }
        }

        /// No scanner can be started from here on.
        func close() { sink.finish() }

        /// The next scanner that the worker starts.
        func next() async throws -> FakeScanner {
            for await fake in launched { return fake }
            throw CancellationError()
        }

        /// The first scanner, which serves with one child.
        func first(signatures: Int64 = 100, findsEicar: Bool = false, databases: [SignatureDatabase] = [])
            async throws -> (FakeScanner, child: CInt)
        {
            opening.change {
                $0 = EngineFacts(engine: "Fake 1", signatures: signatures, databases: databases, findsEicar: findsEicar)
            }
            _ = try await scanners.start()
            let fake = try await next()
            return (fake, fake.child(process: 100))
        }

        /// Changes the folder at a stroke, as freshclam does: no look sees a part of it.
        func change(_ text: String = UUID().uuidString) throws {
            try folder.write("more.new", Array(text.utf8))
            try #require(rename("\(folder.path)/more.new", "\(folder.path)/more.ndb") == 0)
        }

        /// A scan under way, once its request is with a child.
        func scan(by child: CInt) async throws -> (request: [UInt8], report: Task<ScanReport, any Error>) {
            let scan = Task {
                let file = Spool(eicar)
                return try await scanners.scan(file.descriptor, size: 68, limits: ScanLimits())
            }
            let request = await FakeScanner.receive(child)
            #expect(!request.isEmpty)
            return (request, scan)
        }
    }

    private static func database(_ name: String, _ signatures: Int64 = 1) -> SignatureDatabase {
        .init(
            name: name, version: SignatureFile.isSigned(name) ? 7 : nil, signatures: signatures,
            built: Timestamp(milliseconds: 1_700_000_000_000))
    }

    private func answer(_ request: [UInt8], to child: CInt) {
        FakeScanner.answer(request, with: ScanReply.scanned(FakeScanner.cleanFacts).packet, to: child)
    }

    /// Whether the worker closed, or half closed, its end of the control socket.
    private func isToldToEnd(_ fake: FakeScanner) async -> Bool {
        do {
            while true { _ = try await fake.nextOrder() }
        } catch { return true }
    }

    private func finish(_ scene: Scene, _ fakes: [FakeScanner], _ sockets: [CInt]) async {
        scene.close()
        for fake in fakes { fake.end() }
        for socket in sockets { close(socket) }
        _ = await scene.scanners.stop()
    }

    @Test func `calls in flight finish on the old set and new ones go to the new`() async throws {
        let scene = try Scene()
        let (old, oldChild) = try await scene.first(databases: [Self.database("old.ndb")])
        let (oldRequest, oldScan) = try await scene.scan(by: oldChild)
        try scene.change()
        let new = try await scene.next()
        try await scene.lines.next("loading signatures")
        #expect(try scene.scanners.description().signatures == "old.ndb (1 signature)")
        new.ready(signatures: 100, databases: [Self.database("new.ndb", 2)])
        let newChild = new.child(process: 200)
        let line = try await scene.lines.next("signatures switched")
        #expect(line.contains(#""from":"old.ndb (1 signature)","to":"new.ndb (2 signatures)""#), "\(line)")
        #expect(line.contains(#""milliseconds":"#))
        #expect(try scene.scanners.description().signatures == "new.ndb (2 signatures)")

        let (newRequest, newScan) = try await scene.scan(by: newChild)
        answer(newRequest, to: newChild)
        #expect(try await newScan.value.evidence.signatures == "new.ndb (2 signatures)")
        // The one that serves no more still has its call, and its evidence names its own set.
        answer(oldRequest, to: oldChild)
        let report = try await oldScan.value
        #expect(report.findings.isEmpty)
        #expect(report.evidence.signatures == "old.ndb (1 signature)")
        #expect(await isToldToEnd(old))
        #expect(await FakeScanner.receive(oldChild).isEmpty, "the worker's end is closed")
        let status = scene.scanners.signatures
        #expect((status.switches, status.refusals) == (1, 0))
        #expect(status.refusal == nil)
        #expect(status.built == Timestamp(milliseconds: 1_700_000_000_000))
        await finish(scene, [old, new], [oldChild, newChild])
    }

    static let unfit: [(String, reason: String, @Sendable (FakeScanner) -> Void)] = [
        (
            "says that it cannot load", "more.ndb is malformed",
            {
                $0.report(.failed(reason: "more.ndb is malformed"))
                $0.end()
            }
        ),
        ("ends without a word", "the scanner ended while it loaded its signatures", { $0.end() }),
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

    @Test(arguments: unfit.indices) func `a scanner that is not fit costs nothing but an alarm`(index: Int) async throws
    {
        let (name, reason, deed) = Self.unfit[index]
        let isSlow = reason.contains("did not load")
        let scene = try Scene { $0.loadTimeout = .seconds(isSlow ? 2 : 60) }
        let (old, child) = try await scene.first(findsEicar: true, databases: [Self.main])
        let (request, scan) = try await scene.scan(by: child)
        try scene.change()
        let bad = try await scene.next()
        deed(bad)
        let line = try await scene.lines.next("signatures refused")
        #expect(line.contains(reason), "\(name): \(line)")
        #expect(line.contains(#""level":"error""#))
        #expect(line.contains(#""serving":"main.cvd 7""#))
        #expect(scene.scanners.signatures.refusal?.contains(reason) == true)
        // Neither the call in flight nor the next one notices.
        answer(request, to: child)
        #expect(try await scan.value.evidence.signatures == "main.cvd 7")
        let (second, again) = try await scene.scan(by: child)
        answer(second, to: child)
        #expect(try await again.value.findings.isEmpty)
        if !["says that it cannot load", "ends without a word"].contains(name) {
            #expect(await isToldToEnd(bad))
            bad.end()
        }
        // It is not loaded again until the folder changes; then it is, once.
        #expect(scene.scanners.signatures.refusals == 1)
        try scene.change()
        let good = try await scene.next()
        good.ready(signatures: 100, databases: [Self.main], findsEicar: true)
        let goodChild = good.child(process: 300)
        try await scene.lines.next("signatures switched")
        let status = scene.scanners.signatures
        #expect((status.switches, status.refusals) == (1, 1))
        #expect(status.refusal == nil)
        await finish(scene, [old, good], [child, goodChild])
    }

    @Test func `a refusal is taken back when the folder holds what serves again`() async throws {
        let scene = try Scene()
        let (old, child) = try await scene.first()
        let path = scene.folder.path
        try #require(rename("\(path)/test.ndb", "\(path)/away") == 0)
        let bad = try await scene.next()
        bad.report(.failed(reason: "empty"))
        bad.end()
        try await scene.lines.next("signatures refused")
        try #require(rename("\(path)/away", "\(path)/test.ndb") == 0)
        try await scene.lines.next("signature folder holds the serving set again")
        #expect(scene.scanners.signatures.refusal == nil)
        await finish(scene, [old], [child])
    }

    @Test func `a folder that changes during the load is loaded anew`() async throws {
        let scene = try Scene()
        let (old, child) = try await scene.first()
        try scene.change("one")
        let half = try await scene.next()
        try scene.change("one and two")
        #expect(await isToldToEnd(half), "what it loads may be half of one set and half of the other")
        half.end()
        let whole = try await scene.next()
        whole.ready(signatures: 100)
        let wholeChild = whole.child(process: 300)
        try await scene.lines.next("signatures switched")
        let status = scene.scanners.signatures
        #expect((status.switches, status.refusals) == (1, 0), "a set on its way is not one that was refused")
        await finish(scene, [old, whole], [child, wholeChild])
    }

    @Test func `the switch waits for all children`() async throws {
        let scene = try Scene(children: 2)
        let (old, oldChild) = try await scene.first()
        try scene.change()
        let new = try await scene.next()
        new.ready(signatures: 100, databases: [Self.database("new.ndb")])
        let lost = new.child(slot: 0, process: 200)
        new.report(.childEnded(slot: 0, process: 200, status: 9))
        let child = new.child(slot: 1, process: 201)
        try await scene.lines.next("scanner child ended")
        // As long as a child is missing, the old one has the calls.
        let (request, scan) = try await scene.scan(by: oldChild)
        answer(request, to: oldChild)
        #expect(try await scan.value.evidence.signatures?.isEmpty == true)
        let last = new.child(slot: 0, process: 202)
        try await scene.lines.next("signatures switched")
        await finish(scene, [old, new], [lost, child, oldChild, last])
    }

    @Test func `an object whose child dies on the old set is scanned by the new one`() async throws {
        let scene = try Scene()
        let (old, oldChild) = try await scene.first(databases: [Self.database("old.ndb")])
        let (_, scan) = try await scene.scan(by: oldChild)
        try scene.change()
        let new = try await scene.next()
        new.ready(signatures: 100, databases: [Self.database("new.ndb")])
        let newChild = new.child(process: 200)
        try await scene.lines.next("signatures switched")
        close(oldChild)
        old.report(.childEnded(slot: 0, process: 100, status: 11))
        let request = await FakeScanner.receive(newChild)
        answer(request, to: newChild)
        #expect(try await scan.value.evidence.signatures == "new.ndb (1 signature)")
        #expect(await isToldToEnd(old))
        await finish(scene, [old, new], [newChild])
    }

    @Test func `a call that hangs on the old set holds it no longer than its time`() async throws {
        let scene = try Scene { $0.grace = .milliseconds(300) }
        let (old, oldChild) = try await scene.first()
        let scan = Task {
            let file = Spool(eicar)
            return try await scene.scanners.scan(file.descriptor, size: 68, limits: ScanLimits(timeout: .zero))
        }
        _ = await FakeScanner.receive(oldChild)
        try scene.change()
        let new = try await scene.next()
        new.ready(signatures: 100)
        let newChild = new.child(process: 200)
        try await scene.lines.next("signatures switched")
        #expect(try await scan.value.evidence.limits == ["timed-out"])
        #expect(await isToldToEnd(old))
        await finish(scene, [old, new], [oldChild, newChild])
    }

    @Test func `the former scanners death costs its calls one more try`() async throws {
        let scene = try Scene()
        let (old, oldChild) = try await scene.first()
        let (_, scan) = try await scene.scan(by: oldChild)
        try scene.change()
        let new = try await scene.next()
        new.ready(signatures: 100, databases: [Self.database("new.ndb")])
        let newChild = new.child(process: 200)
        try await scene.lines.next("signatures switched")
        old.end()
        let request = await FakeScanner.receive(newChild)
        answer(request, to: newChild)
        #expect(try await scan.value.evidence.signatures == "new.ndb (1 signature)")
        await finish(scene, [new], [oldChild, newChild])
    }

    @Test(arguments: [false, true]) func `a scanner that is lost during a switch is followed by the one on its way`(
        isProven: Bool
    ) async throws {
        let scene = try Scene(children: 2)
        let (old, oldChild) = try await scene.first()
        let (_, scan) = try await scene.scan(by: oldChild)
        try scene.change()
        let new = try await scene.next()
        if isProven {
            new.ready(signatures: 100, databases: [Self.database("new.ndb")])
            try await scene.lines.next("scanner is ready")
        }
        old.end()
        try await scene.lines.next("scanner lost; starting another one")
        if !isProven { new.ready(signatures: 100, databases: [Self.database("new.ndb")]) }
        // One child is enough for a start where nothing else serves.
        let newChild = new.child(process: 200)
        let request = await FakeScanner.receive(newChild)
        answer(request, to: newChild)
        #expect(try await scan.value.evidence.signatures == "new.ndb (1 signature)")
        #expect(scene.scanners.signatures.switches == 1)
        await finish(scene, [new], [oldChild, newChild])
    }

    /// Nothing is left of the old set but the worker's memory of it: calls wait outside until the folder is mended.
    @Test func `a scanner that is lost over a refused set is not replaced by that set`() async throws {
        let scene = try Scene { $0.reloadPause = .milliseconds(5) }
        let (old, child) = try await scene.first(signatures: 100)
        try scene.change()
        let thin = try await scene.next()
        thin.ready(signatures: 10)
        try await scene.lines.next("signatures refused")
        thin.end()
        old.end()
        try await scene.lines.next("scanner lost; starting another one")
        let again = try await scene.next()
        again.ready(signatures: 10)
        try await scene.lines.next("scanner failed to load; will be retried")
        again.end()
        let mended = try await scene.next()
        let error = #expect(throws: ScannerError.self) { try scene.scanners.description() }
        #expect(error?.code == .unavailable && error?.isRetryable == true)
        #expect(error?.message.contains("less than half of the 100") == true, "\(String(describing: error))")
        #expect(scene.scanners.signatures.refusals == 1, "the same set counts once")
        mended.ready(signatures: 100)
        try await eventually { !scene.scanners.isDown }
        let mendedChild = mended.child(process: 400)
        let (request, scan) = try await scene.scan(by: mendedChild)
        answer(request, to: mendedChild)
        #expect(try await scan.value.findings.isEmpty)
        #expect(scene.scanners.signatures.refusal == nil)
        await finish(scene, [mended], [child, mendedChild])
    }

    @Test(arguments: ["loading", "proven", "retiring"]) func `a stop during a switch ends both scanners`(at: String)
        async throws
    {
        let scene = try Scene()
        let (old, oldChild) = try await scene.first()
        let (_, scan) = try await scene.scan(by: oldChild)
        try scene.change()
        let new = try await scene.next()
        var sockets = [oldChild]
        if at != "loading" {
            new.ready(signatures: 100)
            try await scene.lines.next("scanner is ready")
        }
        if at == "retiring" {
            sockets.append(new.child(process: 200))
            try await scene.lines.next("signatures switched")
        }
        let stop = Task { await scene.scanners.stop() }
        let error = await #expect(throws: ScannerError.self) { try await scan.value }
        #expect(error?.code == .stopped)
        for fake in [old, new] {
            #expect(await isToldToEnd(fake))
            fake.end()
        }
        _ = await stop.value
        for socket in sockets {
            #expect(await FakeScanner.receive(socket).isEmpty, "the worker's end is closed")
            close(socket)
        }
    }

    @Test func `without an interval the first set serves to the end`() async throws {
        let scene = try Scene { $0.signatureInterval = nil }
        let (old, child) = try await scene.first()
        try scene.change()
        let (request, scan) = try await scene.scan(by: child)
        answer(request, to: child)
        #expect(try await scan.value.findings.isEmpty)
        #expect(scene.scanners.signatures.switches == 0)
        await finish(scene, [old], [child])
    }
}
