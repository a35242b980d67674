import CShims
import Glibc
import ScanProtocol
import Support

@testable import Inspection

/// The scanner's side of the sockets, in the hands of a test.
final class ScriptedScanner: Sendable {
    private let ends: (near: CInt, far: CInt)

    init() { ends = Self.pair() }

    var process: ScannerProcess { ScannerProcess(control: ends.near, process: nil) }

    func report(_ report: ControlReport, descriptor: CInt = -1) { Self.send(report.packet, to: ends.far, descriptor) }
    func reportBytes(_ bytes: [UInt8]) { Self.send(bytes, to: ends.far) }
    func end() { close(ends.far) }

    /// Starts a child in slot 0; the socket that it speaks at.
    func child(_ process: Int32) -> CInt {
        let (near, far) = Self.pair()
        report(.childStarted(slot: 0, process: process), descriptor: near)
        close(near)
        return far
    }

    private static func pair() -> (CInt, CInt) {
        var ends: [CInt] = [-1, -1]
        precondition(socketpair(AF_UNIX, CInt(SOCK_SEQPACKET.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0, &ends) == 0)
        return (ends[0], ends[1])
    }

    static func send(_ bytes: [UInt8], to socket: CInt, _ descriptor: CInt = -1) {
        _ = bytes.withUnsafeBytes { lz_send(socket, $0.baseAddress, $0.count, descriptor) }
    }

    /// One packet, waited for on a thread of its own; empty at the end of the socket.
    static func receive(_ socket: CInt) async -> [UInt8] {
        let (bytes, descriptor) = await receiveWithDescriptor(socket)
        if descriptor >= 0 { close(descriptor) }
        return bytes
    }

    /// One packet with the descriptor that came along.
    static func receiveWithDescriptor(_ socket: CInt) async -> (bytes: [UInt8], descriptor: CInt) {
        await Lane().receive(socket)
    }

    private actor Lane {
        private let lane = BlockingExecutor("scripted scanner")
        nonisolated var unownedExecutor: UnownedSerialExecutor { lane.asUnownedSerialExecutor() }

        func receive(_ socket: CInt) -> (bytes: [UInt8], descriptor: CInt) {
            var buffer = [UInt8](repeating: 0, count: Packet.maximumLength)
            var descriptor: CInt = -1
            let count = buffer.withUnsafeMutableBytes { lz_receive(socket, $0.baseAddress, $0.count, &descriptor) }
            return (Array(buffer.prefix(max(0, count))), descriptor)
        }
    }
}
