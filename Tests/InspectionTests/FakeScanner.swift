import CShims
import Glibc
import ScanProtocol
import Support

@testable import Inspection

/// The scanner's side of the sockets, in the hands of a test: it says what no real scanner would.
final class FakeScanner: Sendable {
    private let ends: (near: CInt, far: CInt)

    init() { ends = Self.pair() }

    /// A socket for the worker and one for the test, which waits no longer for a packet than a test may take.
    private static func pair() -> (near: CInt, far: CInt) {
        var ends: [CInt] = [-1, -1]
        precondition(socketpair(AF_UNIX, CInt(SOCK_SEQPACKET.rawValue), 0, &ends) == 0)
        var limit = timeval(tv_sec: 50, tv_usec: 0)
        precondition(
            setsockopt(ends[1], SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size)) == 0)
        return (ends[0], ends[1])
    }

    var process: ScannerProcess { ScannerProcess(control: ends.near, process: nil) }

    func report(_ report: ControlReport, descriptor: CInt = -1) { Self.send(report.packet, to: ends.far, descriptor) }

    func reportBytes(_ bytes: [UInt8]) { Self.send(bytes, to: ends.far) }

    func ready(
        signatures: Int64 = 1, databases: [EngineFacts.Database] = [], findsEicar: Bool = false
    ) {
        report(
            .ready(
                EngineFacts(engine: "Fake 1", signatures: signatures, databases: databases, findsEicar: findsEicar)))
    }

    /// Of a clean object of 68 bytes.
    static let cleanFacts: ScanFacts = {
        var facts = ScanFacts()
        (facts.sizeBefore, facts.sizeAfter, facts.bytesRead, facts.isRootSeen) = (68, 68, 68, true)
        facts.detectedType = "text/plain"
        return facts
    }()

    /// Starts a child in a slot; the socket that it speaks at.
    func child(slot: Int = 0, process: Int32) -> CInt {
        let pair = Self.pair()
        report(.childStarted(slot: slot, process: process), descriptor: pair.near)
        close(pair.near)
        return pair.far
    }

    func end() { close(ends.far) }

    func nextOrder() async throws -> ControlOrder {
        let packet = await Self.receive(ends.far)
        return try ControlOrder(packet: packet, count: packet.count)
    }

    static func send(_ bytes: [UInt8], to socket: CInt, _ descriptor: CInt = -1) {
        _ = bytes.withUnsafeBytes { lz_send(socket, $0.baseAddress, $0.count, descriptor) }
    }

    /// Answers a request that came: what is given, with the request's ticket behind it.
    static func answer(_ request: [UInt8], with bytes: [UInt8], to socket: CInt, _ descriptor: CInt = -1) {
        guard let (_, ticket) = Nonce.split(request, count: request.count) else { return }
        send(ticket.append(to: bytes), to: socket, descriptor)
    }

    /// One packet, waited for on a thread of its own; empty at the end of the socket, and where none comes in time.
    static func receive(_ socket: CInt) async -> [UInt8] {
        await Lane().receive(socket)
    }

    private actor Lane {
        private let lane = BlockingExecutor("fake scanner")
        nonisolated var unownedExecutor: UnownedSerialExecutor { lane.asUnownedSerialExecutor() }

        func receive(_ socket: CInt) -> [UInt8] {
            var buffer = [UInt8](repeating: 0, count: Packet.maximumLength)
            var descriptor: CInt = -1
            let count = buffer.withUnsafeMutableBytes { lz_receive(socket, $0.baseAddress, $0.count, &descriptor) }
            if descriptor >= 0 { close(descriptor) }
            return Array(buffer.prefix(max(0, count)))
        }
    }
}
