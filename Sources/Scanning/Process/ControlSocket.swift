import CShims
import Glibc
import ScanProtocol

/// The scanner's end of the control socket, which the worker passes as descriptor 3.
struct ControlSocket {
    static let number: CInt = 3

    static var isOpen: Bool {
        var facts = stat()
        return unsafe fstat(number, &facts) == 0 && facts.st_mode & S_IFMT == S_IFSOCK
    }

    /// - Parameter descriptor: attached to the packet unless it is -1.
    func send(_ report: ControlReport, descriptor: CInt = -1) {
        let packet = report.packet
        // If the worker is gone, the next receive shows it.
        _ = unsafe packet.withUnsafeBytes { unsafe lz_send(Self.number, $0.baseAddress, $0.count, descriptor) }
    }

    enum Received {
        case order(ControlOrder)
        /// The worker has closed the socket or sent an invalid packet.
        case end
    }

    func receive() -> Received {
        var buffer = [UInt8](repeating: 0, count: 256)
        var descriptor: CInt = -1
        let count = unsafe buffer.withUnsafeMutableBytes {
            unsafe lz_receive(Self.number, $0.baseAddress, $0.count, &descriptor)
        }
        if descriptor >= 0 { close(descriptor) }
        guard count > 0, let order = try? ControlOrder(packet: buffer, count: count) else { return .end }
        return .order(order)
    }
}
