import Domain
import Foundation
import Glibc
import Inspection
import Support
import TestKit
import Testing

/// Children and scanners that stop, hang and die, for real. A child that is stopped by SIGSTOP stands for one that hangs:
/// it has its request and does not answer.
@Suite(.timeLimit(.minutes(1)))
struct SupervisionTests {
    @Test func anObjectWhoseChildIsKilledIsScannedByTheNextOne() async throws {
        let station = try await Station()
        let child = try await station.children()[0]
        send(child, SIGSTOP)
        // The request has been sent when this returns.
        let scan = Task.immediate { try await station.scan(eicar) }
        send(child, SIGKILL)
        #expect(Verdict(of: try await scan.value.findings) == .infected)
        #expect(try await station.children()[0] != child)
        #expect(station.scratch.names.count == 1)
        _ = await station.scanners.stop()
    }

    @Test func oneDeathIsEnoughWhereOneIsTheLimit() async throws {
        let station = try await Station(maxDeaths: 1)
        let child = try await station.children()[0]
        send(child, SIGSTOP)
        let scan = Task.immediate { try await station.scan(Array("plain words".utf8)) }
        send(child, SIGKILL)
        let report = try await scan.value
        #expect(report.limits == ["scanner-died"])
        #expect(report.findings[0].detail.contains("signal 9"))
        #expect(report.bytesRead == 0)
        #expect(Verdict(of: try await station.scan(Array("plain words".utf8)).findings) == .clean)
        _ = await station.scanners.stop()
    }

    @Test func aChildThatHangsCostsItsObjectOnly() async throws {
        let station = try await Station(grace: .milliseconds(50))
        let child = try await station.children()[0]
        send(child, SIGSTOP)
        let report = try await station.scan(eicar, limits: ScanLimits(timeout: .milliseconds(50)))
        #expect(report.limits == ["timed-out"])
        #expect(Verdict(of: try await station.scan(eicar).findings) == .infected)
        #expect(kill(child, 0) == -1, "the child that hung is gone")
        _ = await station.scanners.stop()
    }

    @Test func whileOneChildHangsTheOtherGoesOn() async throws {
        let station = try await Station(children: 2)
        let children = try await station.children(2)
        for child in children { send(child, SIGSTOP) }
        let scans = (0..<6).map { _ in Task.immediate { try await station.scan(eicar) } }
        send(children[1], SIGCONT)
        // Five of the six are answered by one child; the sixth by the other one once it goes on.
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
        #expect(try await station.children(2) == children)
        _ = await station.scanners.stop()
    }

    @Test func aScannerThatIsKilledComesBackWithItsObjects() async throws {
        let station = try await Station()
        let scanner = station.process
        let child = try await station.children()[0]
        send(child, SIGSTOP)
        let scan = Task.immediate { try await station.scan(eicar) }
        send(scanner, SIGKILL)
        #expect(Verdict(of: try await scan.value.findings) == .infected)
        #expect(station.process != scanner)
        // Whoever inherits an orphan may be slow to bury it.
        while isAlive(child) { try await Task.sleep(for: .milliseconds(2)) }
        #expect(station.scratch.names.count == 1, "what the killed scanner left is swept")
        _ = await station.scanners.stop()
    }

    @Test func aScannerThatCannotComeBackIsUnavailable() async throws {
        let station = try await Station()
        #expect(!station.scanners.isDown)
        try FileManager.default.removeItem(atPath: "\(station.signatures.path)/test.ndb")
        send(station.process, SIGKILL)
        let error = await #expect(throws: ScannerError.self) {
            // The first may be asked before the loss is seen.
            while true { _ = try await station.scan(eicar) }
        }
        #expect(error?.code == .unavailable)
        #expect(error?.isRetryable == true)
        #expect(error?.description.contains("holds no signatures") == true, "\(error!)")
        #expect(station.scanners.isDown)
        _ = await station.scanners.stop()
    }

    @Test func aChildGivesWayToAFreshOneAfterSoManyRequests() async throws {
        let lines = LogLines()
        let station = try await Station(log: lines.log) { $0.requestsPerChild = 3 }
        let scanner = station.process
        var children: Set<pid_t> = []
        for _ in 0..<11 {
            children.insert(try await station.children()[0])
            #expect(Verdict(of: try await station.scan(eicar).findings) == .infected)
        }
        #expect(children.count == 4)
        #expect(station.process == scanner, "nothing is loaded again")
        _ = await station.scanners.stop()
        #expect(!lines.all.contains { $0.contains("scanner child") }, "age is no news")
    }

    @Test func signalsOfTheTerminalDoNotReachTheScanner() async throws {
        let station = try await Station()
        let scanner = station.process
        #expect(getpgid(scanner) == scanner)
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            send(scanner, signal)
            send(try await station.children()[0], signal)
        }
        #expect(Verdict(of: try await station.scan(eicar).findings) == .infected)
        #expect(station.process == scanner)
        _ = await station.scanners.stop()
    }

    @Test func aChildHasItsSocketAndNothingElse() async throws {
        let station = try await Station()
        let child = try await station.children()[0]
        // It has answered: by now it is in its cell.
        _ = try await station.scan(eicar)
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
        _ = await station.scanners.stop()
    }

    @Test func aCancelledTaskIsAnsweredAtOnceAndItsChildGivesWayToAFreshOne() async throws {
        let lines = LogLines()
        let station = try await Station(log: lines.log)
        // A child is there before it is handed over; one that has answered is in its slot.
        _ = try await station.scan(eicar)
        let child = try await station.children()[0]
        send(child, SIGSTOP)
        let inSlot = Task.immediate { try await station.scan(eicar) }
        let inLine = Task.immediate { try await station.scan(eicar) }
        for task in [inLine, inSlot] {
            task.cancel()
            let error = await #expect(throws: ScannerError.self) { try await task.value }
            #expect(error?.code == .cancelled)
        }
        #expect(Verdict(of: try await station.scan(Array("plain words".utf8)).findings) == .clean)
        #expect(kill(child, 0) == -1, "the child that nobody waited for is gone")
        _ = await station.scanners.stop()
        #expect(!lines.all.contains { $0.contains("scanner child") }, "it is no fault of the child's")
    }

    @Test func stopEndsTheCallsThatWait() async throws {
        let station = try await Station()
        send(try await station.children()[0], SIGSTOP)
        let scan = Task.immediate { try await station.scan(eicar) }
        let scanner = station.process
        _ = await station.scanners.stop()
        let error = await #expect(throws: ScannerError.self) { try await scan.value }
        #expect(error?.code == .stopped)
        #expect(kill(scanner, 0) == -1)
        #expect(await #expect(throws: ScannerError.self) { try await station.scan(eicar) }?.code == .stopped)
    }

    /// Never to the test's own process group, which is what 0 would mean.
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

    @Test func aMissingProgramIsNamed() async throws {
        let error = await startError(executable: "/nowhere/lazaret-scanner", signatures: "/tmp")
        #expect(error?.code == .executable)
        #expect(error?.description.contains("/nowhere/lazaret-scanner: No such file") == true, "\(error!)")
    }

    @Test func aMissingSignatureFolderIsNamedWithWhatToDo() async throws {
        let error = await startError(signatures: "/nowhere/signatures")
        #expect(error?.code == .start)
        #expect(error?.message.contains("/nowhere/signatures cannot be read (No such file or directory)") == true)
        #expect(error?.message.contains("freshclam") == true)
    }

    @Test func anEmptySignatureFolderIsNamedWithWhatToDo() async throws {
        let folder = Folder()
        try folder.write("freshclam.dat", [1])
        let error = await startError(signatures: folder.path)
        #expect(error?.message.contains("\(folder.path) holds no signatures: run freshclam") == true, "\(error!)")
    }

    @Test(arguments: [("bad.ndb", "no such row"), ("bad.cvd", "ClamAV-VDB:"), ("bad.hdb", "zz:1:x\n")])
    func aCorruptSignatureFileIsNamed(name: String, content: String) async throws {
        let folder = try Station.signatureFolder()
        try folder.write(name, Array(content.utf8))
        let error = await startError(signatures: folder.path)
        #expect(error?.code == .start)
        #expect(error?.message.contains("cannot be loaded") == true, "\(error!)")
        #expect(error?.message.contains(name) == true, "\(error!)")
    }

    @Test func aFolderWithoutASingleSignatureIsRefused() async throws {
        let folder = Folder()
        try folder.write("empty.ign2", Array("Some.Name\n".utf8))
        let error = await startError(signatures: folder.path)
        #expect(error?.message.contains("hold no signature") == true, "\(error!)")
    }

    @Test func aStartThatFailedCanBeTriedAgain() async throws {
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
