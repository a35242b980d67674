import Domain
import Foundation
import Glibc
import Inspection
import Judging
import ScanProtocol
import ScannerTestKit
import Support
import TestKit
import Testing

/// Real children and scanners that stop, hang and die. SIGSTOP makes a child hang: it has its request and does not
/// reply.
@Suite(.heavy, .timeLimit(.minutes(1)))
struct SupervisionTests {
    @Test func `an object whose child is killed is scanned by the next one`() async throws {
        let fixture = try await ScannerFixture()
        let child = try await fixture.children()[0]
        send(child, SIGSTOP)
        // The request has been sent when this returns.
        let scan = Task.immediate { try await fixture.scan(eicar) }
        send(child, SIGKILL)
        #expect(Verdict(of: try await scan.value.findings) == .infected)
        #expect(try await fixture.children()[0] != child)
        #expect(fixture.scratch.names.count == 1)
        _ = await fixture.scanners.stop()
    }

    @Test func `with a limit of one the first death gives the object up`() async throws {
        let fixture = try await ScannerFixture(maxDeaths: 1)
        let child = try await fixture.children()[0]
        send(child, SIGSTOP)
        let scan = Task.immediate { try await fixture.scan(Array("plain words".utf8)) }
        send(child, SIGKILL)
        let report = try await scan.value
        #expect(report.evidence.limits == ["scanner-died"])
        #expect(report.findings[0].detail.contains("signal 9"))
        #expect(report.evidence.bytesRead == 0)
        #expect(Verdict(of: try await fixture.scan(Array("plain words".utf8)).findings) == .clean)
        _ = await fixture.scanners.stop()
    }

    @Test func `a hanging child affects only its own object`() async throws {
        let fixture = try await ScannerFixture(grace: .milliseconds(50))
        let child = try await fixture.children()[0]
        send(child, SIGSTOP)
        let report = try await fixture.scan(eicar, limits: ScanLimits(timeout: .milliseconds(50)))
        #expect(report.evidence.limits == ["timed-out"])
        #expect(Verdict(of: try await fixture.scan(eicar).findings) == .infected)
        #expect(kill(child, 0) == -1, "the child that hung is gone")
        _ = await fixture.scanners.stop()
    }

    @Test func `while one child hangs the other continues`() async throws {
        let fixture = try await ScannerFixture(children: 2)
        let children = try await fixture.children(2)
        for child in children { send(child, SIGSTOP) }
        let scans = (0..<6).map { _ in Task.immediate { try await fixture.scan(eicar) } }
        send(children[1], SIGCONT)
        // One child answers five of the six calls; the other one answers the sixth once it continues.
        let done = try await withThrowingTaskGroup(of: Verdict.self) { group in
            for scan in scans { group.addTask { Verdict(of: try await scan.value.findings) } }
            var done = 0
            while let verdict = try await group.next() {
                #expect(verdict == .infected)
                done += 1
                if done == 5 { send(children[0], SIGCONT) }
            }
            return done
        }
        #expect(done == 6)
        #expect(try await fixture.children(2) == children)
        _ = await fixture.scanners.stop()
    }

    @Test func `after the scanner is killed another one scans its objects`() async throws {
        let fixture = try await ScannerFixture()
        let scanner = fixture.process
        let child = try await fixture.children()[0]
        send(child, SIGSTOP)
        let scan = Task.immediate { try await fixture.scan(eicar) }
        send(scanner, SIGKILL)
        #expect(Verdict(of: try await scan.value.findings) == .infected)
        #expect(fixture.process != scanner)
        // The process that inherits an orphan may be slow to reap it.
        while isAlive(child) { try await Task.sleep(for: .milliseconds(2)) }
        #expect(fixture.scratch.names.count == 1, "what the killed scanner left is swept")
        _ = await fixture.scanners.stop()
    }

    @Test func `a scanner that cannot be started again is unavailable`() async throws {
        let fixture = try await ScannerFixture()
        #expect(!fixture.scanners.isDown)
        try FileManager.default.removeItem(atPath: "\(fixture.signatures.path)/test.ndb")
        send(fixture.process, SIGKILL)
        let error = await #expect(throws: ScannerError.self) {
            // The first call may be made before the loss is noticed.
            while true { _ = try await fixture.scan(eicar) }
        }
        #expect(error?.code == .unavailable)
        #expect(error?.isRetryable == true)
        #expect(error?.description.contains("holds no signatures") == true, "\(error!)")
        #expect(fixture.scanners.isDown)
        _ = await fixture.scanners.stop()
    }

    @Test func `a child is replaced after the configured number of requests`() async throws {
        let lines = LogLines()
        let fixture = try await ScannerFixture(log: lines.log) { $0.requestsPerChild = 3 }
        let scanner = fixture.process
        var children: Set<pid_t> = []
        for _ in 0..<11 {
            children.insert(try await fixture.children()[0])
            #expect(Verdict(of: try await fixture.scan(eicar).findings) == .infected)
        }
        #expect(children.count == 4)
        #expect(fixture.process == scanner, "nothing is loaded again")
        _ = await fixture.scanners.stop()
        #expect(!lines.all.contains { $0.contains("scanner child") }, "replacement is not logged")
    }

    @Test func `signals of the terminal do not reach the scanner`() async throws {
        let fixture = try await ScannerFixture()
        let scanner = fixture.process
        #expect(getpgid(scanner) == scanner)
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            send(scanner, signal)
            send(try await fixture.children()[0], signal)
        }
        #expect(Verdict(of: try await fixture.scan(eicar).findings) == .infected)
        #expect(fixture.process == scanner)
        _ = await fixture.scanners.stop()
    }

    @Test func `a child has its socket and no other descriptor`() async throws {
        let fixture = try await ScannerFixture()
        let child = try await fixture.children()[0]
        // It has replied, so it is sandboxed by now.
        _ = try await fixture.scan(eicar)
        let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(child)/fd").sorted()
        #expect(open == ["0", "1", "2", "3"])
        for number in 0...2 {
            #expect(
                try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(child)/fd/\(number)") == "/dev/null")
        }
        let environment = String(
            decoding: FileManager.default.contents(atPath: "/proc/\(child)/environ") ?? Data(), as: UTF8.self)
        let names = environment.split(separator: "\0").map { $0.prefix { $0 != "=" } }
        #expect(Set(names).isSubset(of: ["TZ", "LD_LIBRARY_PATH"]))
        _ = await fixture.scanners.stop()
    }

    @Test func `a cancelled task gets its result at once and its child is replaced`() async throws {
        let lines = LogLines()
        let fixture = try await ScannerFixture(log: lines.log)
        // A child exists before it is handed over; one that has replied is in its slot.
        _ = try await fixture.scan(eicar)
        let child = try await fixture.children()[0]
        send(child, SIGSTOP)
        let inSlot = Task.immediate { try await fixture.scan(eicar) }
        let inLine = Task.immediate { try await fixture.scan(eicar) }
        for task in [inLine, inSlot] {
            task.cancel()
            let error = await #expect(throws: ScannerError.self) { try await task.value }
            #expect(error?.code == .cancelled)
        }
        #expect(Verdict(of: try await fixture.scan(Array("plain words".utf8)).findings) == .clean)
        #expect(kill(child, 0) == -1, "the child that nobody waited for is gone")
        _ = await fixture.scanners.stop()
        #expect(!lines.all.contains { $0.contains("scanner child") }, "the child is not to blame")
    }

    @Test func `stop ends waiting calls`() async throws {
        let fixture = try await ScannerFixture()
        send(try await fixture.children()[0], SIGSTOP)
        let scan = Task.immediate { try await fixture.scan(eicar) }
        let scanner = fixture.process
        _ = await fixture.scanners.stop()
        let error = await #expect(throws: ScannerError.self) { try await scan.value }
        #expect(error?.code == .stopped)
        #expect(kill(scanner, 0) == -1)
        #expect(await #expect(throws: ScannerError.self) { try await fixture.scan(eicar) }?.code == .stopped)
    }

    /// Guards against 0, which would be the test's own process group.
    private func send(_ process: pid_t, _ signal: CInt) {
        precondition(process > 1, "no such process was found")
        _ = kill(process, signal)
    }

    private func isAlive(_ process: pid_t) -> Bool {
        guard let text = FileManager.default.contents(atPath: "/proc/\(process)/stat") else { return false }
        return String(decoding: text, as: UTF8.self).split(separator: ")").last?.hasPrefix(" Z") == false
    }

    // MARK: Starts that fail

    private func startError(executable: String = ScannerBinary.path, signatures: String) async -> ScannerError? {
        let scratch = Folder()
        let scanners = Scanners(
            configuration: ScannerConfiguration(
                executable: executable, signatures: signatures, children: 1, scratch: scratch.path),
            log: Log(write: { _ in }))
        let error = await #expect(throws: ScannerError.self) { try await scanners.start() }
        _ = await scanners.stop()
        return error
    }

    @Test func `the error for a missing program names it`() async throws {
        let error = await startError(executable: "/nowhere/lazaret-scanner", signatures: "/tmp")
        #expect(error?.code == .executable)
        #expect(error?.description.contains("/nowhere/lazaret-scanner: No such file") == true, "\(error!)")
    }

    @Test func `the error for a missing signature folder names it and says what to do`() async throws {
        let error = await startError(signatures: "/nowhere/signatures")
        #expect(error?.code == .start)
        #expect(error?.message.contains("/nowhere/signatures cannot be read (No such file or directory)") == true)
        #expect(error?.message.contains("freshclam") == true)
    }

    @Test func `the error for an empty signature folder names it and says what to do`() async throws {
        let folder = Folder()
        try folder.write("freshclam.dat", [1])
        let error = await startError(signatures: folder.path)
        #expect(error?.message.contains("\(folder.path) holds no signatures: run freshclam") == true, "\(error!)")
    }

    @Test(arguments: [("bad.ndb", "no such row"), ("bad.cvd", "ClamAV-VDB:"), ("bad.hdb", "zz:1:x\n")])
    func `the error for a corrupt signature file names it`(name: String, content: String) async throws {
        let folder = try ScannerFixture.signatureFolder()
        try folder.write(name, Array(content.utf8))
        let error = await startError(signatures: folder.path)
        #expect(error?.code == .start)
        #expect(error?.message.contains("cannot be loaded") == true, "\(error!)")
        #expect(error?.message.contains(name) == true, "\(error!)")
    }

    @Test func `a folder without a single signature is refused`() async throws {
        let folder = Folder()
        try folder.write("empty.ign2", Array("Some.Name\n".utf8))
        let error = await startError(signatures: folder.path)
        #expect(error?.message.contains("hold no signature") == true, "\(error!)")
    }

    @Test func `a start that failed can be tried again`() async throws {
        let folder = Folder()
        let scratch = Folder()
        let scanners = Scanners(
            configuration: ScannerConfiguration(
                executable: ScannerBinary.path, signatures: folder.path, children: 1, scratch: scratch.path),
            log: Log(write: { _ in }))
        await #expect(throws: ScannerError.self) { try await scanners.start() }
        try folder.write("test.ndb", Array("Lazaret.Test.Eicar:0:*:\(hexadecimalText(eicar))\n".utf8))
        #expect(try await scanners.start().signatureCount == 1)
        _ = await scanners.stop()
    }
}
