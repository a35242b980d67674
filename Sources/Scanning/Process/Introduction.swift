import CShims
import Glibc
import Sandbox
import ScanProtocol

/// How a child begins: it enters its sandbox, finds the canary there, and tells the first process of both. Only then is it one
/// that answers requests.
///
/// It has seen nothing of an object yet, so that its word counts here.
enum Introduction {
    /// What one that asks for the signatures' own worth costs is a scan more: only the probe does.
    enum Kind { case probe, child }

    /// - Returns: only where the child is fit to go on; else it ends here.
    static func make(
        _ kind: Kind, _ seat: Supervisor.ChildSetup, _ sandbox: Sandbox, _ engine: borrowing Engine, _ canary: Canary
    ) {
        let layers = sandbox.enter(socket: seat.socket, report: seat.report, scratch: seat.scratch, parent: seat.parent)
        Sandbox.seedRandomNames()
        SandboxLimits.allow(processorSeconds: Child.shortTask)
        guard engine.use(scratch: Sandbox.scratch) else { _exit(EX_OSERR) }
        if let miss = canary.missed(by: engine) {
            tell(.failed(reason: miss))
            _exit(Child.canaryMissed)
        }
        let findsEicar = kind == .probe && engine.findsEicar()
        tell(.ready(EngineFacts(engine: "", signatures: 0, databases: [], findsEicar: findsEicar, sandbox: layers)))
        close(Sandbox.report)
    }

    private static func tell(_ report: ControlReport) {
        let packet = report.packet
        let sent = unsafe packet.withUnsafeBytes { unsafe lz_send(Sandbox.report, $0.baseAddress, $0.count, -1) }
        guard sent == packet.count else { _exit(EX_IOERR) }
    }

    /// What a child says at the first process's end of the report; nil where it ended without a word.
    static func hear(at descriptor: CInt) -> ControlReport? {
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
