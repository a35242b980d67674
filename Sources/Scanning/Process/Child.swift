import CShims
import Domain
import Glibc
import Sandbox
import ScanProtocol
import Unpacking

/// The loop of a child in its sandbox: receive a request with a descriptor, answer it, until the worker closes its end
/// of the socket.
enum Child {
    /// The exit code of a child whose engine does not find the canary.
    static let canaryMissed: CInt = 90
    /// Processor seconds for tasks that take milliseconds.
    static let shortTask: Int64 = 60
    /// Processor milliseconds in which libmagic finds a type.
    private static let identification: Int64 = 10_000
    /// Processor seconds for a scan beyond its own time limit: more than the worker waits.
    private static let grace: Int64 = 15

    static func serve(
        _ engines: borrowing Engines, _ detector: borrowing TypeDetector, _ canary: Canary,
        _ override: ScannerProgram.Override?
    ) -> Never {
        var schedule = CanarySchedule(startingAt: now())
        var buffer = [UInt8](repeating: 0, count: Packet.maximumLength)
        while true {
            var descriptor: CInt = -1
            let count = unsafe buffer.withUnsafeMutableBytes {
                unsafe lz_receive(Sandbox.socket, $0.baseAddress, $0.count, &descriptor)
            }
            guard count > 0 else { _exit(count == 0 ? EX_OK : EX_DATAERR) }
            guard let (messageCount, nonce) = Nonce.split(buffer, count: count) else { _exit(EX_DATAERR) }
            let message = answer(buffer, count: messageCount, descriptor, nonce, engines, detector, override, &schedule)
            let packet = nonce.append(to: message)
            if descriptor >= 0 { close(descriptor) }
            schedule.noteRequest()
            // Before the answer is sent: a child that no longer works sends none.
            if let extent = schedule.next(at: now()) {
                SandboxLimits.allowProcessor(seconds: shortTask)
                guard canary.failure(in: engines, extent) == nil else { _exit(canaryMissed) }
            }
            let sent = unsafe packet.withUnsafeBytes { unsafe lz_send(Sandbox.socket, $0.baseAddress, $0.count, -1) }
            guard sent == packet.count else { _exit(EX_IOERR) }
        }
    }

    private static func answer(
        _ packet: [UInt8], count: Int, _ descriptor: CInt, _ nonce: Nonce, _ engines: borrowing Engines,
        _ detector: borrowing TypeDetector, _ override: ScannerProgram.Override?, _ schedule: inout CanarySchedule
    ) -> [UInt8] {
        let request: ScanRequest
        do throws(PacketError) {
            request = try ScanRequest(packet: packet, count: count)
        } catch {
            return ScanReply.refused(error.description).packet
        }
        return override?(request, descriptor, nonce) ?? answer(request, descriptor, engines, detector, &schedule).packet
    }

    private static func answer(
        _ request: ScanRequest, _ descriptor: CInt, _ engines: borrowing Engines,
        _ detector: borrowing TypeDetector, _ schedule: inout CanarySchedule
    ) -> ScanReply {
        guard let length = fileLength(of: descriptor) else { return .refused("no regular file came with the request") }
        switch request {
        case .identify(let size, let encoding):
            SandboxLimits.allowProcessor(seconds: shortTask)
            ProgressWatch.limitWork(milliseconds: identification, exitCode: ChildEnd.outOfTime)
            defer { ProgressWatch.limitWork(milliseconds: nil, exitCode: 0) }
            guard length >= size else { return .refused("the file is \(length) bytes long, not \(size)") }
            guard
                let type = detector.detectDecoded(descriptor, size: size, encoding)
                    ?? detector.detect(descriptor, size: size, isWhole: length == size)
            else {
                return .refused("the file cannot be read")
            }
            return .type(type)
        case .scan(let size, let limits, let knownType, let encoding, let matching):
            SandboxLimits.allowProcessor(seconds: engines.count * limits.timeout.components.seconds + grace)
            guard length == size else { return .refused("the file is \(length) bytes long, not \(size)") }
            defer { ProgressWatch.limitWork(milliseconds: nil, exitCode: 0) }
            ProgressWatch.limitWork(milliseconds: identification, exitCode: ChildEnd.outOfTime)
            // The worker knows the type of the decoded content.
            let type =
                (encoding == nil ? knownType : nil) ?? detector.detect(descriptor, size: size, isWhole: true) ?? ""
            var facts = engines.scan(
                descriptor, size: size, limits: limits, encoding: encoding, matching: matching
            ) { file, size in
                file == descriptor ? type : detector.detect(file, size: size, isWhole: true) ?? ""
            }
            schedule.noteScan(isFiltered: facts.isFiltered)
            ProgressWatch.limitWork(milliseconds: identification, exitCode: ChildEnd.outOfTime)
            if knownType == nil {
                facts.detectedType = detector.detectDecoded(descriptor, size: size, encoding) ?? type
            }
            facts.secondTypes = Polyglots(ObjectBytes(descriptor: descriptor, size: size), type: type).secondTypes
            return .scanned(facts)
        }
    }
}
