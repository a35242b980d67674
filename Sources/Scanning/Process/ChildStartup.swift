import CShims
import Glibc
import Sandbox
import ScanProtocol
import Unpacking

/// How a child starts: it enters its sandbox, finds the canary there, and reports both to the first process. Only then
/// may it answer requests.
///
/// It has not read anything of an object yet, so its report can be trusted.
enum ChildStartup {
    /// Only the probe scans what is known to be infected or clean.
    enum Kind { case probe, child }

    /// Returns if the child is ready. Otherwise the process ends here.
    static func run(
        _ kind: Kind, _ setup: Supervisor.ChildSetup, _ sandbox: Sandbox, _ engines: borrowing Engines, _ canary: Canary
    ) {
        // The sandbox allows no timer to be set.
        guard ProgressWatch.start() else { _exit(EX_OSERR) }
        let layers = sandbox.enter(
            socket: setup.socket, report: setup.report, scratch: setup.scratch, parent: setup.parent)
        Sandbox.seedRandomNames()
        SandboxLimits.allowProcessor(seconds: Child.shortTask)
        guard engines.use(scratch: Sandbox.scratch) else { _exit(EX_OSERR) }
        if let failure = canary.failure(in: engines) {
            send(.failed(reason: failure))
            _exit(Child.canaryMissed)
        }
        var facts = EngineFacts(engine: "", signatures: 0, databases: [], sandbox: layers)
        if kind == .probe { (facts.findsEicar, facts.falseAlarm) = (engines.findsEicar(), engines.falseAlarm() ?? "") }
        send(.ready(facts))
        close(Sandbox.report)
    }

    private static func send(_ report: ControlReport) {
        let packet = report.packet
        let sent = unsafe packet.withUnsafeBytes { unsafe lz_send(Sandbox.report, $0.baseAddress, $0.count, -1) }
        guard sent == packet.count else { _exit(EX_IOERR) }
    }

    /// Receives a child's report in the first process. Returns nil if the child ended without one.
    static func receiveReport(from descriptor: CInt) -> ControlReport? {
        var buffer = [UInt8](repeating: 0, count: Packet.maximumLength)
        var surplus: CInt = -1
        let count = unsafe buffer.withUnsafeMutableBytes {
            unsafe lz_receive(descriptor, $0.baseAddress, $0.count, &surplus)
        }
        if surplus >= 0 { close(surplus) }
        guard count > 0 else { return nil }
        return try? ControlReport(packet: buffer, count: count)
    }
}
