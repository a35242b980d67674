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

/// The worker's living end of the socket, given what was made by chance by a scanner and its child: it never traps or
/// hangs, and says of an object only what an answer that can be read amounts to.
@Suite(.timeLimit(.minutes(60)))
struct LinkFuzzTests {
    @Test func `a childs answer counts for what it says or not at all`() async throws {
        let scripted = FakeScanner()
        let scanners = scanners([scripted])
        scripted.report(.ready(EngineFacts(engine: "Scripted 1", signatures: 1, databases: [])))
        _ = try await scanners.start()
        let spool = Spool(eicar)
        var process: Int32 = 1
        var child = scripted.child(process: process)
        await Fuzzing.run(short: 1500) { seed in
            var forge = Forge(seed: seed)
            var message = forge.damaged()
            // Now and then one that is right, since few damaged ones are still answers.
            if forge.flag() { message = ScanReply.scanned(forge.facts()).packet }
            let hasNonce = Int.random(in: 0..<4, using: &forge.random) > 0
            // A packet of nothing is the end of the socket; how a child ended is the first process's to say.
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
                scripted.report(.childEnded(slot: 0, process: process, status: 9))
                process += 1
                child = scripted.child(process: process)
            }
            #expect(isRight, "seed \(seed), \(hexadecimal(message)): \(given)")
            return isRight
        }
        close(child)
        scripted.end()
        _ = await scanners.stop()
    }

    @Test func `a scanners report is taken or the scanner replaced`() async throws {
        try await Fuzzing.run(short: 150) { seed in
            var forge = Forge(seed: seed)
            let (garbled, good) = (FakeScanner(), FakeScanner())
            let scanners = scanners([garbled, good])
            garbled.report(.ready(EngineFacts(engine: "Scripted 1", signatures: 1, databases: [])))
            _ = try await scanners.start()
            for _ in 0..<4 { garbled.reportBytes(forge.damaged()) }
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

    private func scanners(_ scripted: [FakeScanner]) -> Scanners {
        let rest = Locked(scripted)
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
