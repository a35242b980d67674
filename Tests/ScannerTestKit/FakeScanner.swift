internal import CShims
package import Domain
internal import Glibc
package import Inspection
package import ScanProtocol
internal import Support

/// The scanner's end of the sockets, played by a test: it can send what a real scanner never would.
package final class FakeScanner: Sendable {
    private let ends: (near: CInt, far: CInt)

    package init() { ends = Self.pair() }

    /// A socket for the worker and one for the test. The test's one waits for a packet no longer than a test may take.
    private static func pair() -> (near: CInt, far: CInt) {
        var ends: [CInt] = [-1, -1]
        let kind = CInt(SOCK_SEQPACKET.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
        precondition(socketpair(AF_UNIX, kind, 0, &ends) == 0)
        var limit = timeval(tv_sec: 50, tv_usec: 0)
        precondition(
            setsockopt(ends[1], SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size)) == 0)
        return (ends[0], ends[1])
    }

    package var process: ScannerProcess { ScannerProcess(control: ends.near, process: nil) }

    package func report(_ report: ControlReport, descriptor: CInt = -1) {
        Self.send(report.packet, to: ends.far, descriptor)
    }

    package func reportBytes(_ bytes: [UInt8]) { Self.send(bytes, to: ends.far) }

    package func ready(signatures: Int64 = 1, databases: [SignatureDatabase] = [], findsEicar: Bool = false) {
        report(
            .ready(
                EngineFacts(engine: "Fake 1", signatures: signatures, databases: databases, findsEicar: findsEicar)))
    }

    /// The facts of a scan that found nothing in 68 bytes.
    package static let cleanFacts: ScanFacts = {
        var facts = ScanFacts()
        (facts.sizeBefore, facts.sizeAfter, facts.bytesRead, facts.isRootSeen) = (68, 68, 68, true)
        facts.detectedType = "text/plain"
        return facts
    }()

    /// Starts a child in a slot and returns the socket that it answers at.
    package func child(slot: Int = 0, process: Int32) -> CInt {
        let pair = Self.pair()
        report(.childStarted(slot: slot, process: process), descriptor: pair.near)
        close(pair.near)
        return pair.far
    }

    package func end() { close(ends.far) }

    package func nextOrder() async throws -> ControlOrder {
        let packet = await Self.receive(ends.far)
        return try ControlOrder(packet: packet, count: packet.count)
    }

    package static func send(_ bytes: [UInt8], to socket: CInt, _ descriptor: CInt = -1) {
        _ = bytes.withUnsafeBytes { lz_send(socket, $0.baseAddress, $0.count, descriptor) }
    }

    /// Answers a request with `bytes`, followed by the request's nonce.
    package static func answer(_ request: [UInt8], with bytes: [UInt8], to socket: CInt, _ descriptor: CInt = -1) {
        guard let (_, nonce) = Nonce.split(request, count: request.count) else { return }
        send(nonce.append(to: bytes), to: socket, descriptor)
    }

    /// Receives one packet; empty at the end of the socket, or if none arrives in time.
    package static func receive(_ socket: CInt) async -> [UInt8] {
        let (bytes, descriptor) = await receiveWithDescriptor(socket)
        if descriptor >= 0 { close(descriptor) }
        return bytes
    }

    /// Receives one packet and the descriptor attached to it, -1 if there is none.
    package static func receiveWithDescriptor(_ socket: CInt) async -> (bytes: [UInt8], descriptor: CInt) {
        await Receiver().receive(socket)
    }

    /// Waits on a thread of its own.
    private actor Receiver {
        private let executor = BlockingExecutor("fake scanner")
        nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

        func receive(_ socket: CInt) -> (bytes: [UInt8], descriptor: CInt) {
            var buffer = [UInt8](repeating: 0, count: Packet.maximumLength)
            var descriptor: CInt = -1
            let count = buffer.withUnsafeMutableBytes { lz_receive(socket, $0.baseAddress, $0.count, &descriptor) }
            return (Array(buffer.prefix(max(0, count))), descriptor)
        }
    }
}
