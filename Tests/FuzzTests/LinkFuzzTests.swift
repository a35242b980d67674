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

/// The worker's end of the sockets with random packets from a scanner and its child: it never traps or hangs, and its
/// answer for an object is that of a valid reply or none.
@Suite(.heavy, .timeLimit(.minutes(60)))
struct LinkFuzzTests {
    @Test func `a child's reply is taken as it is or not at all`() async throws {
        let fake = FakeScanner()
        let scanners = scanners([fake])
        fake.report(.ready(EngineFacts(engine: "Scripted 1", signatures: 1, databases: [])))
        _ = try await scanners.start()
        let spool = Spool(eicar)
        var process: Int32 = 1
        var child = fake.child(process: process)
        await Fuzzing.run(short: 1500) { seed in
            var messages = RandomMessages(seed: seed)
            var message = messages.damaged()
            // Half of them are valid, since few damaged ones are.
            if messages.flag() { message = ScanReply.scanned(messages.facts()).packet }
            let hasNonce = Int.random(in: 0..<4, using: &messages.random) > 0
            // An empty packet is the end of the socket, after which the main process would have to report the child's
            // end.
            if message.isEmpty, !hasNonce { message = [0] }

            async let outcome = report(scanners, spool)
            let request = await FakeScanner.receive(child)
            guard let (_, nonce) = Nonce.split(request, count: request.count) else {
                Issue.record("seed \(seed): no request came")
                return false
            }
            FakeScanner.send(hasNonce ? nonce.append(to: message) : message, to: child)
            let reply = hasNonce ? try? ScanReply(packet: message, count: message.count) : nil
            let given = await outcome
            let isRight: Bool
            switch reply {
            case .scanned(let facts):
                let expected = facts.findings(size: Int64(eicar.count), knownType: nil, limits: ScanLimits())
                isRight = (try? given.get().findings) == expected
            case .refused(let reason):
                if case .failure(let error) = given { isRight = error.message == reason } else { isRight = false }
            case .type, nil:
                isRight = (try? given.get().evidence.limits) == ["scanner-died"]
                close(child)
                fake.report(.childEnded(slot: 0, process: process, status: 9))
                process += 1
                child = fake.child(process: process)
            }
            #expect(isRight, "seed \(seed), \(hexadecimal(message)): \(given)")
            return isRight
        }
        close(child)
        fake.end()
        _ = await scanners.stop()
    }

    @Test func `a scanner's report is accepted or the scanner replaced`() async throws {
        try await Fuzzing.run(short: 150) { seed in
            var messages = RandomMessages(seed: seed)
            let (garbled, good) = (FakeScanner(), FakeScanner())
            let scanners = scanners([garbled, good])
            garbled.report(.ready(EngineFacts(engine: "Scripted 1", signatures: 1, databases: [])))
            _ = try await scanners.start()
            for _ in 0..<4 { garbled.reportBytes(messages.damaged()) }
            garbled.end()
            good.report(.ready(EngineFacts(engine: "Scripted 2", signatures: 1, databases: [])))
            let child = good.child(process: 77)
            let spool = Spool(eicar)
            async let outcome = report(scanners, spool)
            let request = await FakeScanner.receive(child)
            let nonce = Nonce.split(request, count: request.count)?.nonce
            var facts = ScanFacts()
            (facts.code, facts.alerts) = (1, ["Found"])
            if let nonce { FakeScanner.send(nonce.append(to: ScanReply.scanned(facts).packet), to: child) }
            let isFound = await (try? outcome.get().findings.first) == Finding(.signature, "Found")
            #expect(isFound, "seed \(seed)")
            close(child)
            good.end()
            _ = await scanners.stop()
            return isFound
        }
    }

    private func scanners(_ fake: [FakeScanner]) -> Scanners {
        let rest = Locked(fake)
        return Scanners(
            configuration: ScannerConfiguration(
                executable: "", signatures: "", children: 1, maxDeaths: 1, reloadPause: .milliseconds(1)),
            log: Log(write: { _ in })
        ) { () throws(ScannerError) in
            guard let next = rest.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) else {
                throw ScannerError(.executable, "no scanner is left")
            }
            return next.process
        }
    }

    private func report(_ scanners: Scanners, _ spool: Spool) async -> Result<ScanReport, ScannerError> {
        do throws(ScannerError) {
            return .success(
                try await scanners.scan(spool.descriptor, size: Int64(eicar.count), limits: ScanLimits()))
        } catch { return .failure(error) }
    }
}
