import CShims
import Domain
import Foundation
import Glibc
import ScanProtocol
import ScannerTestKit
import Support
import TestKit
import Testing

@testable import Inspection

/// The shipped scanner with random requests and orders: a child refuses or ends, and the scanner starts another one and
/// continues.
@Suite(.heavy, .timeLimit(.minutes(60)))
struct ScannerFuzzTests {
    @Test func `a child refuses or ends and is replaced`() async throws {
        let folder = try TemporaryDirectory()
        try folder.write(
            "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f:68:Test.Eicar:73\n", to: "test.hsb")
        let scratch = try TemporaryDirectory()
        let configuration = ScannerConfiguration(
            executable: Project.binaries + "/lazaret-scanner", signatures: folder.path, children: 1,
            scratch: scratch.path)
        // The scanner is killed with the thread that started it, so that thread must outlive this test.
        let (spawned, ended) = (Promise<ScannerProcess?>(), Promise<String>())
        Thread.detachNewThread {
            let scanner = try? ScannerProcess.spawn(configuration)
            spawned.keep(scanner)
            ended.keep(scanner?.wait().how ?? "")
        }
        let scanner = try #require(await spawned.value)
        var child: CInt = -1
        try #require(await nextReport(scanner.control, &child) { if case .ready = $0 { true } else { false } })
        try #require(await nextReport(scanner.control, &child) { if case .childStarted = $0 { true } else { false } })

        let spool = Spool(eicar)
        await Fuzzing.run(short: 300) { seed in
            var messages = RandomMessages(seed: seed)
            var message = messages.damaged()
            if messages.flag() {
                message =
                    ScanRequest.identify(
                        size: .random(in: 0...100, using: &messages.random), encoding: messages.encoding()
                    ).packet
            }
            let packet = messages.flag() ? Nonce.random().append(to: message) : message
            // To the child, an empty packet is the end of the socket.
            guard !packet.isEmpty else { return true }
            FakeScanner.send(packet, to: child, messages.flag() ? spool.descriptor : -1)
            let answer = await FakeScanner.receive(child)
            if let (count, _) = Nonce.split(answer, count: answer.count) {
                let isReply = (try? ScanReply(packet: answer, count: count)) != nil
                #expect(isReply, "seed \(seed), \(hexadecimal(packet)): \(hexadecimal(answer))")
                return isReply
            }
            close(child)
            let isBack = await nextReport(scanner.control, &child) {
                if case .childStarted = $0 { true } else { false }
            }
            #expect(isBack, "seed \(seed), \(hexadecimal(packet))")
            return isBack
        }

        try await expectEicarFound(child, spool)
        close(child)
        // An invalid order ends the scanner, as the end of the socket does.
        FakeScanner.send([1, 2, 3], to: scanner.control)
        close(scanner.control)
        #expect(await ended.value == "exited with 0")
    }

    /// Checks that the child still scans correctly.
    private func expectEicarFound(_ child: CInt, _ spool: Spool) async throws {
        let nonce = Nonce.random()
        let request = ScanRequest.scan(size: Int64(eicar.count), limits: ScanLimits(), knownType: nil, encoding: nil)
            .packet
        FakeScanner.send(nonce.append(to: request), to: child, spool.descriptor)
        let answer = await FakeScanner.receive(child)
        let (count, returned) = try #require(Nonce.split(answer, count: answer.count))
        #expect(returned == nonce)
        guard case .scanned(let facts) = try ScanReply(packet: answer, count: count) else {
            Issue.record("not the answer to a scan")
            return
        }
        #expect(facts.alerts.contains { $0.hasPrefix("Test.Eicar") })
    }

    /// Reads the scanner's reports until one matches, and its attached descriptor. Returns false at the end of the
    /// socket.
    private func nextReport(
        _ control: CInt, _ descriptor: inout CInt, where fits: (ControlReport) -> Bool
    ) async -> Bool {
        while true {
            let (bytes, attached) = await FakeScanner.receiveWithDescriptor(control)
            guard !bytes.isEmpty, let report = try? ControlReport(packet: bytes, count: bytes.count) else {
                return false
            }
            if fits(report) {
                descriptor = attached
                return true
            }
            if attached >= 0 { close(attached) }
        }
    }
}
