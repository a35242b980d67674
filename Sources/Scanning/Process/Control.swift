import CShims
import Glibc
import ScanProtocol

/// The scanner's end of the control socket: descriptor 3, as the worker set it up.
struct Control {
    static let number: CInt = 3

    static var isOpen: Bool {
        var facts = stat()
        return unsafe fstat(number, &facts) == 0 && facts.st_mode & S_IFMT == S_IFSOCK
    }

    /// - Parameter descriptor: goes along with the packet.
    func send(_ report: ControlReport, descriptor: CInt = -1) {
        let packet = report.packet
        // A worker that is gone shows at the next receive; there is nobody to tell.
        _ = unsafe packet.withUnsafeBytes { unsafe lz_send(Self.number, $0.baseAddress, $0.count, descriptor) }
    }

    enum Arrival {
        case order(ControlOrder)
        /// The worker ended or wants the scanner to end, or says what nobody understands.
        case end
    }

    func receive() -> Arrival {
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
