import CShims
import Domain
import Glibc
import Judging
import ScanProtocol
import ScannerTestKit
import Support
import TestKit
import Testing

@testable import Inspection

/// How the worker handles a scanner that lies, sends invalid packets, or vanishes.
@Suite(.heavy, .timeLimit(.minutes(1)))
struct LinkTests {
    private static let cleanFacts = FakeScanner.cleanFacts

    private func scanners(
        _ fakes: [FakeScanner], children: Int = 1, maxDeaths: Int = 1, replacementTimeout: Duration = .seconds(3600)
    ) -> Scanners {
        let rest = Locked(fakes)
        return Scanners(
            configuration: ScannerConfiguration(
                executable: "", signatures: "", children: children, maxDeaths: maxDeaths,
                replacementTimeout: replacementTimeout, reloadPause: .seconds(3600)),
            log: Log(write: { _ in })
        ) { () throws(ScannerError) in
            let next = rest.withLock { $0.isEmpty ? nil : $0.removeFirst() }
            guard let next else { throw ScannerError(.executable, "no scanner is left") }
            return next.process
        }
    }

    private func scan(_ scanners: Scanners) async throws -> ScanReport {
        let file = Spool(eicar)
        return try await scanners.scan(file.descriptor, size: 68, limits: ScanLimits())
    }

    static let lies: [(String, [UInt8])] = [
        ("garbage", [9, 9, 9, 9]),
        ("a cut reply", Array(ScanReply.scanned(cleanFacts).packet.dropLast())),
        ("a reply with a byte more", ScanReply.scanned(cleanFacts).packet + [0]),
        ("a later version", [2] + ScanReply.scanned(cleanFacts).packet.dropFirst()),
        ("a claim of 65535 alerts", Array(ScanReply.scanned(cleanFacts).packet.dropLast(18)) + [0xFF, 0xFF]),
        ("an answer to another question", ScanReply.type("text/plain").packet),
        ("a request", ScanRequest.identify(size: 1, encoding: nil).packet),
        ("more than a packet holds", [UInt8](repeating: 1, count: Packet.maximumLength + 1)),
    ]

    @Test(arguments: lies) func `an invalid reply is never clean`(name: String, bytes: [UInt8]) async throws {
        let fake = FakeScanner()
        let scanners = scanners([fake])
        fake.ready()
        _ = try await scanners.start()
        let child = fake.child(process: 100)
        let scan = Task { try await self.scan(scanners) }
        let request = await FakeScanner.receive(child)
        #expect((try? ScanRequest(packet: request, count: request.count - Nonce.length)) != nil)
        FakeScanner.answer(request, with: bytes, to: child)
        let report = try await scan.value
        #expect(report.evidence.limits == ["scanner-died"], "\(name)")
        #expect(Verdict(of: report.findings) == .unscannable)
        #expect(try await fake.nextOrder() == .kill(slot: 0, process: 100))
        #expect(await FakeScanner.receive(child).isEmpty, "the worker's end is closed")
        close(child)
        fake.end()
        _ = await scanners.stop()
    }

    @Test func `a reply with a descriptor is refused and the descriptor closed`() async throws {
        let fake = FakeScanner()
        let scanners = scanners([fake])
        fake.ready()
        _ = try await scanners.start()
        let child = fake.child(process: 100)
        let scan = Task { try await self.scan(scanners) }
        let request = await FakeScanner.receive(child)
        var pipe: [CInt] = [-1, -1]
        #expect(lz_pipe(&pipe) == 0)
        FakeScanner.answer(request, with: ScanReply.scanned(Self.cleanFacts).packet, to: child, pipe[1])
        close(pipe[1])
        #expect(try await scan.value.evidence.limits == ["scanner-died"])
        var byte: UInt8 = 0
        #expect(read(pipe[0], &byte, 1) == 0, "no other end of the pipe is open")
        for descriptor in [pipe[0], child] { close(descriptor) }
        fake.end()
        _ = await scanners.stop()
    }

    @Test func `an object is retried up to the configured number of deaths`() async throws {
        let fake = FakeScanner()
        let scanners = scanners([fake], maxDeaths: 3)
        fake.ready()
        _ = try await scanners.start()
        let scan = Task { try await self.scan(scanners) }
        for process in 101...103 as ClosedRange<Int32> {
            let child = fake.child(process: process)
            _ = await FakeScanner.receive(child)
            close(child)
            fake.report(.childEnded(slot: 0, process: process, status: 11))
        }
        let report = try await scan.value
        #expect(report.findings.map(\.name) == ["scanner-died"])
        #expect(report.findings[0].detail.hasPrefix("3 processes ended over it, the last one killed by signal 11"))
        fake.end()
        _ = await scanners.stop()
    }

    @Test(arguments: [(100 << 8, "no-progress"), (24, "no-progress"), (1 << 8, "resources")] as [(Int32, String)])
    func `an object that would end each child alike is not retried`(status: Int32, name: String) async throws {
        let fake = FakeScanner()
        let scanners = scanners([fake], maxDeaths: 3)
        fake.ready()
        _ = try await scanners.start()
        let scan = Task { try await self.scan(scanners) }
        let child = fake.child(process: 101)
        _ = await FakeScanner.receive(child)
        close(child)
        fake.report(.childEnded(slot: 0, process: 101, status: status, reason: "no progress in its xar"))
        let report = try await scan.value
        #expect(report.findings.map(\.name) == [name])
        #expect(report.findings[0].detail.contains("no progress in its xar"))
        #expect(report.isGivenUp)
        fake.end()
        _ = await scanners.stop()
    }

    @Test func `a child that sends an unasked reply is killed before it gets an object`() async throws {
        let fake = FakeScanner()
        let scanners = scanners([fake])
        fake.ready()
        _ = try await scanners.start()
        let child = fake.child(process: 100)
        FakeScanner.send(ScanReply.scanned(Self.cleanFacts).packet, to: child)
        #expect(try await fake.nextOrder() == .kill(slot: 0, process: 100))
        #expect(await FakeScanner.receive(child).isEmpty)
        close(child)
        fake.end()
        _ = await scanners.stop()
    }

    @Test func `a reply with another nonce is not accepted`() async throws {
        let fake = FakeScanner()
        let scanners = scanners([fake])
        fake.ready()
        _ = try await scanners.start()
        let child = fake.child(process: 100)
        let scan = Task { try await self.scan(scanners) }
        _ = await FakeScanner.receive(child)
        FakeScanner.send(Nonce.random().append(to: ScanReply.scanned(Self.cleanFacts).packet), to: child)
        let report = try await scan.value
        #expect(report.evidence.limits == ["scanner-died"])
        #expect(report.findings[0].detail.contains("sent a reply that was not asked for"))
        #expect(try await fake.nextOrder() == .kill(slot: 0, process: 100))
        close(child)
        fake.end()
        _ = await scanners.stop()
    }

    @Test func `a reply is accepted for its own request only`() async throws {
        let fake = FakeScanner()
        let scanners = scanners([fake], children: 2, maxDeaths: 3)
        fake.ready()
        _ = try await scanners.start()
        let children = [fake.child(slot: 0, process: 100), fake.child(slot: 1, process: 101)]
        let first = Task.immediate { try await self.scan(scanners) }
        let one = await FakeScanner.receive(children[0])
        let second = Task.immediate { try await self.scan(scanners) }
        let two = await FakeScanner.receive(children[1])
        #expect(!one.isEmpty && !two.isEmpty)
        var infected = Self.cleanFacts
        (infected.code, infected.alerts) = (1, ["Found.In.Second"])
        FakeScanner.answer(two, with: ScanReply.scanned(infected).packet, to: children[1])
        FakeScanner.answer(one, with: ScanReply.scanned(Self.cleanFacts).packet, to: children[0])
        #expect(try await first.value.findings.isEmpty)
        #expect(try await second.value.findings == [Finding(.signature, "Found.In.Second")])
        for child in children { close(child) }
        fake.end()
        _ = await scanners.stop()
    }

    @Test(arguments: ["identify", "scan"])
    func `the child of a cancelled call is killed and other children continue`(call: String) async throws {
        let fake = FakeScanner()
        let scanners = scanners([fake], children: 2)
        fake.ready()
        _ = try await scanners.start()
        let children = [fake.child(slot: 0, process: 100), fake.child(slot: 1, process: 101)]
        let cancelled = Task.immediate {
            let file = Spool(eicar)
            if call == "scan" { return try await self.scan(scanners).evidence.engine }
            return try await scanners.identify(file.descriptor, size: 68)
        }
        _ = await FakeScanner.receive(children[0])
        let other = Task.immediate { try await self.scan(scanners) }
        let request = await FakeScanner.receive(children[1])
        let inLine = Task.immediate { try await self.scan(scanners) }

        cancelled.cancel()
        let error = await #expect(throws: ScannerError.self) { try await cancelled.value }
        #expect(error?.code == .cancelled)
        #expect(try await fake.nextOrder() == .kill(slot: 0, process: 100))
        #expect(await FakeScanner.receive(children[0]).isEmpty, "the worker's end is closed")
        fake.report(.childEnded(slot: 0, process: 100, status: 9))
        let fresh = fake.child(slot: 0, process: 102)
        for (task, child, request) in [
            (inLine, fresh, await FakeScanner.receive(fresh)), (other, children[1], request),
        ] {
            FakeScanner.answer(request, with: ScanReply.scanned(Self.cleanFacts).packet, to: child)
            #expect(try await task.value.findings.isEmpty)
        }
        for child in children + [fresh] { close(child) }
        fake.end()
        _ = await scanners.stop()
    }

    @Test(arguments: [[7, 7, 7], ControlReport.childStarted(slot: 9, process: 1).packet])
    func `a scanner that sends invalid reports is replaced`(bytes: [UInt8]) async throws {
        let (broken, good) = (FakeScanner(), FakeScanner())
        let scanners = scanners([broken, good])
        broken.ready()
        _ = try await scanners.start()
        broken.reportBytes(bytes)
        #expect(await throwsOrder(broken))
        good.ready()
        let child = good.child(process: 200)
        let scan = Task { try await self.scan(scanners) }
        let request = await FakeScanner.receive(child)
        FakeScanner.answer(request, with: ScanReply.scanned(Self.cleanFacts).packet, to: child)
        #expect(try await scan.value.findings.isEmpty)
        close(child)
        good.end()
        broken.end()
        _ = await scanners.stop()
    }

    /// Whether the worker closed its end of the control socket.
    private func throwsOrder(_ fake: FakeScanner) async -> Bool {
        do {
            _ = try await fake.nextOrder()
            return false
        } catch { return true }
    }

    @Test func `a scanner that starts no child is replaced`() async throws {
        let (idle, good) = (FakeScanner(), FakeScanner())
        let scanners = scanners([idle, good], replacementTimeout: .milliseconds(50))
        idle.ready()
        _ = try await scanners.start()
        let scan = Task { try await self.scan(scanners) }
        #expect(await throwsOrder(idle))
        good.ready()
        let child = good.child(process: 200)
        let request = await FakeScanner.receive(child)
        FakeScanner.answer(request, with: ScanReply.scanned(Self.cleanFacts).packet, to: child)
        #expect(try await scan.value.findings.isEmpty)
        close(child)
        good.end()
        idle.end()
        _ = await scanners.stop()
    }

    @Test func `a scanner that ends while it loads fails the start`() async throws {
        let fake = FakeScanner()
        let scanners = scanners([fake])
        fake.end()
        let error = await #expect(throws: ScannerError.self) { try await scanners.start() }
        #expect(error?.code == .start)
        #expect(error?.message.contains("while it loaded its signatures") == true)
        _ = await scanners.stop()
    }

    @Test func `the scanner's reason for failing becomes the error of start`() async throws {
        let fake = FakeScanner()
        let scanners = scanners([fake])
        fake.report(.failed(reason: "no signatures: run freshclam"))
        fake.end()
        let error = await #expect(throws: ScannerError.self) { try await scanners.start() }
        #expect(error?.description == "no signatures: run freshclam")
        _ = await scanners.stop()
    }
}
