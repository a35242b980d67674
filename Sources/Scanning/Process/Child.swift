import CShims
import Domain
import Glibc
import Sandbox
import ScanProtocol

/// One child of the scanner, in its sandbox: takes a request with a descriptor, answers it, takes the next, until the worker
/// closes its end of the socket.
enum Child {
    /// How one ends in whose sandbox the engine does not find the canary (any more).
    static let canaryMissed: CInt = 90
    /// Seconds of the processor for what takes milliseconds.
    static let shortTask: Int64 = 60
    /// Seconds of the processor for a scan beyond its own time limit: more than the worker waits.
    private static let grace: Int64 = 15
    /// The canary is looked for again after so many scans, and at the first scan after so many milliseconds.
    private static let scansBetween = 64
    private static let timeBetween: Int64 = 180_000

    static func serve(
        _ engine: borrowing Engine, _ detector: borrowing TypeDetector, _ canary: Canary,
        _ override: ScannerProgram.Override?
    ) -> Never {
        var scans = 0
        var lastLook = now()
        var buffer = [UInt8](repeating: 0, count: Packet.maximumLength)
        while true {
            var descriptor: CInt = -1
            let count = unsafe buffer.withUnsafeMutableBytes {
                unsafe lz_receive(Sandbox.socket, $0.baseAddress, $0.count, &descriptor)
            }
            guard count > 0 else { _exit(count == 0 ? EX_OK : EX_DATAERR) }
            guard let (messageCount, ticket) = Nonce.split(buffer, count: count) else { _exit(EX_DATAERR) }
            let message = answer(buffer, count: messageCount, descriptor, ticket, engine, detector, override)
            let packet = ticket.append(to: message)
            if descriptor >= 0 { close(descriptor) }
            scans += 1
            // Before the answer goes out: one that no longer works gives none.
            if scans >= scansBetween || now() - lastLook >= timeBetween {
                SandboxLimits.allow(processorSeconds: shortTask)
                guard canary.missed(by: engine) == nil else { _exit(canaryMissed) }
                (scans, lastLook) = (0, now())
            }
            let sent = unsafe packet.withUnsafeBytes { unsafe lz_send(Sandbox.socket, $0.baseAddress, $0.count, -1) }
            guard sent == packet.count else { _exit(EX_IOERR) }
        }
    }

    private static func answer(
        _ packet: [UInt8], count: Int, _ descriptor: CInt, _ ticket: Nonce, _ engine: borrowing Engine,
        _ detector: borrowing TypeDetector, _ override: ScannerProgram.Override?
    ) -> [UInt8] {
        let request: ScanRequest
        do throws(PacketError) {
            request = try ScanRequest(packet: packet, count: count)
        } catch {
            return ScanReply.refused(error.description).packet
        }
        return override?(request, descriptor, ticket) ?? answer(request, descriptor, engine, detector).packet
    }

    private static func answer(
        _ request: ScanRequest, _ descriptor: CInt, _ engine: borrowing Engine, _ detector: borrowing TypeDetector
    ) -> ScanReply {
        guard let length = fileLength(of: descriptor) else { return .refused("no regular file came with the request") }
        switch request {
        case .identify(let size):
            SandboxLimits.allow(processorSeconds: shortTask)
            guard length >= size else { return .refused("the file is \(length) bytes long, not \(size)") }
            guard let type = detector.detect(descriptor, size: size, isWhole: length == size) else {
                return .refused("the file cannot be read")
            }
            return .type(type)
        case .scan(let size, let limits, let knownType):
            SandboxLimits.allow(processorSeconds: limits.timeout.components.seconds + grace)
            guard length == size else { return .refused("the file is \(length) bytes long, not \(size)") }
            let type = knownType ?? detector.detect(descriptor, size: size, isWhole: true) ?? ""
            var facts = engine.scan(descriptor, size: size, limits: limits) { file, size in
                file == descriptor ? type : detector.detect(file, size: size, isWhole: true) ?? ""
            }
            if knownType == nil { facts.detectedType = type }
            facts.secondTypes = Polyglots(ObjectBytes(descriptor: descriptor, size: size), type: type).secondTypes
            return .scanned(facts)
        }
    }
}

/// The length of a regular file; nil for anything else.
func fileLength(of descriptor: CInt) -> Int64? {
    var facts = stat()
    guard descriptor >= 0, unsafe fstat(descriptor, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else { return nil }
    return Int64(facts.st_size)
}
