internal import CShims
package import Domain
internal import Foundation
internal import Glibc
internal import Inspection
package import ScanProtocol
internal import Support

/// One child of the real scanner that a test talks to directly, for the facts in its replies before the worker judges
/// them.
package actor ScannerChildFixture {
    private let executor = BlockingExecutor("scanner child")
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private let process: ScannerProcess
    private let child: CInt
    private let end = DispatchSemaphore(value: 0)
    private let signatures: Folder
    private let scratch: Folder

    /// - Parameter more: signature files by name, in addition to the one for EICAR.
    package init(signatures more: [String: String] = [:]) throws {
        signatures = try ScannerFixture.signatureFolder()
        for (name, text) in more { try signatures.write(name, Array(text.utf8)) }
        scratch = Folder()
        let configuration = ScannerConfiguration(
            executable: ScannerBinary.path, signatures: signatures.path, children: 1, scratch: scratch.path)
        // The scanner ends with the thread that started it, and threads of a pool may end at any time.
        let started = DispatchSemaphore(value: 0)
        let spawned = Locked<Result<ScannerProcess, ScannerError>?>(nil)
        let end = end
        Thread.detachNewThread {
            let result = Result { () throws(ScannerError) in try ScannerProcess.spawn(configuration) }
            spawned.withLock { $0 = result }
            started.signal()
            end.wait()
        }
        started.wait()
        process = try spawned.withLock { $0! }.get()
        while true {
            let (packet, descriptor) = Self.receive(process.control)
            switch try ControlReport(packet: packet, count: packet.count) {
            case .ready: continue
            case .childStarted:
                child = descriptor
                return
            case let other: throw FixtureError(what: "\(other)")
            }
        }
    }

    package struct FixtureError: Error { let what: String }

    deinit {
        close(child)
        close(process.control)
        _ = process.wait()
        end.signal()
    }

    package func scan(
        _ bytes: [UInt8], limits: ScanLimits = ScanLimits(), encoding: ContentEncoding? = nil
    ) throws -> ScanFacts {
        try scan(Spool(bytes), size: Int64(bytes.count), limits: limits, encoding: encoding)
    }

    package func scan(
        _ file: Spool, size: Int64, limits: ScanLimits = ScanLimits(), encoding: ContentEncoding? = nil
    ) throws -> ScanFacts {
        let nonce = Nonce.random()
        let request = nonce.append(
            to: ScanRequest.scan(size: size, limits: limits, knownType: nil, encoding: encoding).packet)
        let sent = request.withUnsafeBytes { lz_send(child, $0.baseAddress, $0.count, file.descriptor) }
        guard sent == request.count else { throw FixtureError(what: "the child accepts no request") }
        let (packet, _) = Self.receive(child)
        if packet.isEmpty {
            let (report, _) = Self.receive(process.control)
            throw FixtureError(what: "the child ended: \(try ControlReport(packet: report, count: report.count))")
        }
        guard let (count, echo) = Nonce.split(packet, count: packet.count), echo == nonce,
            case .scanned(let facts) = try ScanReply(packet: packet, count: count)
        else { throw FixtureError(what: "the child answered something else") }
        return facts
    }

    /// Scans bytes, and returns also the processor time that it took the child: what else the machine does matters less
    /// to that than to the clock.
    package func timedScan(
        _ bytes: [UInt8], limits: ScanLimits = ScanLimits()
    ) throws -> (facts: ScanFacts, time: Duration) {
        let before = try processorTime()
        let facts = try scan(bytes, limits: limits)
        return (facts, try processorTime() - before)
    }

    private func processorTime() throws -> Duration {
        let scanner = process.process ?? 0
        let child =
            try String(contentsOfFile: "/proc/\(scanner)/task/\(scanner)/children", encoding: .utf8)
            .split(separator: " ").first ?? ""
        // The fields after the name in parentheses: the state is the first, the times in user and system mode follow.
        let fields =
            try String(contentsOfFile: "/proc/\(child)/stat", encoding: .utf8)
            .split(separator: ")").last?.split(separator: " ") ?? []
        guard fields.count > 12, let user = Int(fields[11]), let system = Int(fields[12]) else {
            throw FixtureError(what: "the child has no times")
        }
        return .milliseconds((user + system) * 1000 / sysconf(CInt(_SC_CLK_TCK)))
    }

    /// Returns the entries of the child's scratch folder between two scans.
    package func scratchNames() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "\(scratch.path)/\(scratch.names.first ?? "")/0")
    }

    private static func receive(_ socket: CInt) -> ([UInt8], CInt) {
        var buffer = [UInt8](repeating: 0, count: Packet.maximumLength)
        var descriptor: CInt = -1
        let count = buffer.withUnsafeMutableBytes { lz_receive(socket, $0.baseAddress, $0.count, &descriptor) }
        return (Array(buffer.prefix(max(0, count))), descriptor)
    }
}
