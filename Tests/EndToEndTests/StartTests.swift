import Foundation
import Glibc
import TestKit
import Testing

extension EndToEnd {
    /// A worker that fails to start leaves nothing behind.
    @Suite struct Starts {
        @Test func `a ledger that cannot be opened leaves no scanner running`() async throws {
            let station = try await StationFixture("start-ledger", route: nil)
            let temporary = try TemporaryDirectory()
            let environment = station.stack.environment.merging(["TMPDIR": temporary.path]) { _, new in new }
            let exit = try await station.startWorker(
                ["--ledger", "sqlite:/nowhere/lazaret.db", "--listen", "127.0.0.1:0"], environment: environment
            ).exit(within: .seconds(30))
            #expect(exit.ending == .code(78))
            #expect(exit.errorLines.last?.hasPrefix("lazaret: ledger: can't open") == true, "\(exit.standardError)")
            #expect(exit.errorLines.last?.contains("Create the folder /nowhere") == true, "\(exit.standardError)")
            #expect(try scanners(with: temporary.path).isEmpty)
            #expect(try FileManager.default.contentsOfDirectory(atPath: temporary.path).isEmpty)
        }

        @Test func `a queue that is gone at the first receive ends the worker and leaves nothing behind`() async throws
        {
            let station = try await StationFixture("start-denied", route: nil)
            let temporary = try TemporaryDirectory()
            let server = try ScriptedServer { request in
                request["x-amz-target"]?.hasSuffix(".GetQueueAttributes") == true
                    ? .status(200, #"{"Attributes":{"VisibilityTimeout":"30"}}"#)
                    : .status(400, #"{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"no such queue"}"#)
            }
            defer { server.stop() }
            let exit = try await station.startWorker(
                idle: nil, ["--queue", "\(server.url)/000000000000/q"],
                environment: station.stack.environment.merging(
                    ["TMPDIR": temporary.path, "AWS_ENDPOINT_URL": server.url]) { _, new in new }
            ).exit(within: .seconds(60))
            #expect(exit.ending == .code(78), "\(exit.standardError)")
            let last = try #require(exit.errorLines.last)
            #expect(last.hasPrefix("lazaret: cannot receive messages from the queue: "), "\(last)")
            #expect(last.contains("QueueDoesNotExist") && last.contains("sqs:ReceiveMessage"), "\(last)")
            #expect(try scanners(with: temporary.path).isEmpty)
            #expect(try FileManager.default.contentsOfDirectory(atPath: temporary.path).isEmpty)
        }

        @Test func `an empty ledger beside a destination that holds objects is reported at the start`() async throws {
            let station = try await StationFixture("start-empty")
            let warning = "the ledger is new and empty"
            let first = try await station.startWorker().exit(within: .seconds(60))
            #expect(first.ending == .code(0) && !first.standardError.contains(warning), "\(first.standardError)")
            try await station.cloud.put(Samples.text, station.quarantine, "infected/a.txt")
            let second = try await station.startWorker().exit(within: .seconds(60))
            let lines = second.errorLines.filter { $0.contains(warning) }
            #expect(second.ending == .code(0) && lines.count == 1, "\(second.standardError)")
            #expect(lines.first?.contains(#""destinations":["s3://\#(station.quarantine)"]"#) == true, "\(lines)")
            // A ledger that has jobs is the right one.
            try await station.upload(Samples.text, "uploads/a.txt")
            try await station.settle()
            let last = try await station.startWorker().exit(within: .seconds(60))
            #expect(last.ending == .code(0) && !last.standardError.contains(warning), "\(last.standardError)")
        }

        /// A signature set that never finishes loading: the scanner waits for a writer on the pipe.
        private func endlessSignatures() throws -> TemporaryDirectory {
            let folder = try TemporaryDirectory()
            try #require(mkfifo(folder.path + "/endless.ndb", 0o600) == 0)
            return folder
        }

        @Test(arguments: [SIGTERM, SIGINT])
        func `a signal while the signatures load ends the worker at once`(_ signal: CInt) async throws {
            let station = try await StationFixture("start-signal-\(signal)", route: nil)
            let signatures = try endlessSignatures()
            let worker = try station.startWorker(idle: nil, ["--signatures", signatures.path])
            try await worker.logged("loading signatures")
            worker.send(signal)
            let exit = try await worker.exit(within: .seconds(10))
            #expect(exit.ending == .code(0), "\(exit.standardError)")
            #expect(exit.errorLines.last?.contains(#""message":"draining""#) == true, "\(exit.standardError)")
            #expect(try scanners(with: signatures.path).isEmpty)
        }

        /// Scanner processes with this folder on their command line.
        private func scanners(with folder: String) throws -> [String] {
            try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { name in
                guard Int(name) != nil, let words = FileManager.default.contents(atPath: "/proc/\(name)/cmdline") else {
                    return false
                }
                let line = String(decoding: words, as: UTF8.self)
                return line.contains("lazaret-scanner") && line.contains(folder)
            }
        }
    }
}
