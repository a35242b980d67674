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

/// Scanners whose processes are all played by the test, and the folder that they watch.
final class HandoverFixture: Sendable {
    let folder: Folder
    let lines = LogLines()
    let scanners: Scanners
    private let launched: AsyncStream<FakeScanner>
    private let sink: AsyncStream<FakeScanner>.Continuation
    /// What the first scanner reports as it starts, before any timeout.
    private let opening: Box<EngineFacts>
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
        let (opening, count) = (Box(EngineFacts(engine: "Fake 1", signatures: 100, databases: [])), Box(0))
        (self.opening, self.count) = (opening, count)
        scanners = Scanners(configuration: configuration, log: lines.log) { () throws(ScannerError) in
            let fake = FakeScanner()
            let number = count.change { count in
                count += 1
                return count
            }
            if number == 1 { fake.report(.ready(opening.value)) }
            guard case .enqueued = sink.yield(fake) else {
                throw ScannerError(.executable, "no scanner is started any more")
            }
            return fake.process
        }
    }

    /// Lets every further start of a scanner fail.
    func close() { sink.finish() }

    /// The next scanner that the worker starts.
    func next() async throws -> FakeScanner {
        for await fake in launched { return fake }
        throw CancellationError()
    }

    /// The first scanner, which serves with one child.
    func first(signatures: Int64 = 100, findsEicar: Bool = false, databases: [SignatureDatabase] = [])
        async throws -> (FakeScanner, child: CInt)
    {
        opening.change {
            $0 = EngineFacts(engine: "Fake 1", signatures: signatures, databases: databases, findsEicar: findsEicar)
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
}

/// A value that several threads share.
private final class Box<Value: Sendable>: Sendable {
    private let state: Locked<Value>

    init(_ value: Value) { state = Locked(value) }

    var value: Value { state.withLock { $0 } }

    @discardableResult func change<Result: Sendable>(_ body: (inout Value) -> Result) -> Result {
        state.withLock { body(&$0) }
    }
}
