import Domain
import Foundation
import Glibc
import Judging
import ScanProtocol
import ScannerTestKit
import Support
import TestKit
import Testing

@testable import Inspection

/// A value that several threads share.
private final class Box<Value: Sendable>: Sendable {
    private let state: Locked<Value>

    init(_ value: Value) { state = Locked(value) }

    var value: Value { state.withLock { $0 } }

    @discardableResult func change<Result: Sendable>(_ body: (inout Value) -> Result) -> Result {
        state.withLock { body(&$0) }
    }
}

/// Scanners whose processes are all played by the test, and the signature folder that they watch.
final class SignatureHandoverFixture: Sendable {
    let folder: Folder
    let lines = LogLines()
    let scanners: Scanners
    private let launched: AsyncStream<FakeScanner>
    private let sink: AsyncStream<FakeScanner>.Continuation
    /// The startup report of the first scanner, sent before any timeout.
    private let startupReport: Box<EngineFacts>
    /// How many scanners were started.
    private let count: Box<Int>

    init(children: Int = 1, configuring configure: (inout ScannerConfiguration) -> Void = { _ in }) throws {
        folder = try ScannerFixture.signatureFolder()
        var configuration = ScannerConfiguration(
            executable: "", signatures: folder.path, children: children, maxDeaths: 3,
            replacementTimeout: .seconds(3600), reloadPause: .seconds(3600), signatureInterval: .milliseconds(5))
        configure(&configuration)
        let (launched, sink) = AsyncStream.makeStream(of: FakeScanner.self)
        (self.launched, self.sink) = (launched, sink)
        let (startupReport, count) = (Box(EngineFacts(engine: "Fake 1", signatures: 100, databases: [])), Box(0))
        (self.startupReport, self.count) = (startupReport, count)
        scanners = Scanners(configuration: configuration, log: lines.log) { () throws(ScannerError) in
            let fake = FakeScanner()
            let number = count.change { count in
                count += 1
                return count
            }
            if number == 1 { fake.report(.ready(startupReport.value)) }
            guard case .enqueued = sink.yield(fake) else {
                throw ScannerError(.executable, "the fixture is closed")
            }
            return fake.process
        }
    }

    /// Fails every further start of a scanner.
    func close() { sink.finish() }

    /// The next scanner that the worker starts.
    func next() async throws -> FakeScanner {
        for await fake in launched { return fake }
        throw CancellationError()
    }

    /// The first scanner, which serves with one child.
    func first(
        signatures: Int64 = 100, findsEicar: Bool = false, databases: [SignatureDatabase] = [],
        matching: MatchingFacts = MatchingFacts()
    ) async throws -> (FakeScanner, child: CInt) {
        startupReport.change {
            $0 = EngineFacts(engine: "Fake 1", signatures: signatures, databases: databases, findsEicar: findsEicar)
            $0.matching = matching
        }
        _ = try await scanners.start()
        let fake = try await next()
        return (fake, fake.child(process: 100))
    }

    /// Changes the folder atomically, as freshclam does.
    func change(_ text: String = UUID().uuidString) throws {
        try folder.write("more.new", Array(text.utf8))
        try #require(rename("\(folder.path)/more.new", "\(folder.path)/more.ndb") == 0)
    }

    /// Starts a scan and returns once a child has its request.
    func scan(by child: CInt) async throws -> (request: [UInt8], report: Task<ScanReport, any Error>) {
        let scan = Task {
            let file = Spool(eicar)
            return try await scanners.scan(file.descriptor, size: 68, limits: ScanLimits())
        }
        let request = await FakeScanner.receive(child)
        #expect(!request.isEmpty)
        return (request, scan)
    }

    func finish(_ fakes: [FakeScanner], _ sockets: [CInt]) async {
        close()
        for fake in fakes { fake.end() }
        for socket in sockets { Glibc.close(socket) }
        _ = await scanners.stop()
    }

    static func database(_ name: String, _ signatures: Int64 = 1) -> SignatureDatabase {
        .init(
            name: name, version: SignatureFile.isSigned(name) ? 7 : nil, signatures: signatures,
            built: Timestamp(milliseconds: 1_700_000_000_000))
    }

    /// Answers a scan with facts that have no finding.
    static func answer(_ request: [UInt8], to child: CInt) {
        FakeScanner.answer(request, with: ScanReply.scanned(FakeScanner.cleanFacts).packet, to: child)
    }
}

extension FakeScanner {
    /// Whether the worker closed, or half closed, its end of the control socket.
    func isClosedByWorker() async -> Bool {
        do {
            while true { _ = try await nextOrder() }
        } catch { return true }
    }
}
