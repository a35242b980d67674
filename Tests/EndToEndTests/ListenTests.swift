import HTTP
import TestKit
import Testing

extension EndToEnd {
    /// `lazaret run --listen`: health and metrics of a running worker.
    @Suite struct Listening {
        static func get(_ url: String) async throws -> (status: Int, text: String) {
            let answer = try await HTTPClient().send(HTTPRequest(url: url))
            return (answer.head.status, String(decoding: answer.body, as: UTF8.self))
        }

        /// The address that a worker logs as the one it listens on.
        static func address(of worker: Program) async throws -> String {
            let line = try await worker.logged("listening")
            #expect(line.contains(#""host":"127.0.0.1""#), "\(line)")
            let port = try #require(
                line.firstRange(of: #""port":"#).flatMap { Int(line[$0.upperBound...].prefix { $0.isNumber }) })
            return "http://127.0.0.1:\(port)"
        }

        @Test func `the metrics count outcomes and bytes`() async throws {
            let station = try await StationFixture("listen")
            try await station.upload(Samples.text, "uploads/notes.txt")
            try await station.upload(Eicar.bytes, "uploads/readme.txt")
            try await station.upload(Samples.text, "elsewhere/notes.txt")
            let worker = try station.startWorker(idle: nil, ["--listen", "127.0.0.1:0"])
            let address = try await Self.address(of: worker)
            #expect(try await Self.get("\(address)/healthz") == (200, "ok\n"))

            // The outcomes may be in the log already.
            var seen = 0
            for await line in worker.errorLines where line.contains(#""message":"object "#) {
                seen += 1
                if seen == 3 { break }
            }
            let metrics = try await Self.get("\(address)/metrics")
            #expect(metrics.status == 200)
            let lines = Set(metrics.text.split(separator: "\n"))
            for line in [
                #"lazaret_verdicts_total{verdict="clean"} 1"#, #"lazaret_verdicts_total{verdict="infected"} 1"#,
                #"lazaret_verdicts_total{verdict="rejected"} 0"#, #"lazaret_jobs_total{outcome="settled"} 2"#,
                #"lazaret_jobs_total{outcome="unmatched"} 1"#, "lazaret_bytes_total 89",
                "lazaret_attempts_failed_total 0", "lazaret_unreadable_total 0", "lazaret_scanner_down 0",
                #"lazaret_store_ability{bucket="listen-incoming",ability="conditional deletes"} 1"#,
            ] { #expect(lines.contains(Substring(line)), "\(line) in\n\(metrics.text)") }
            #expect(try await Self.get("\(address)/").status == 404)

            worker.send(15)
            #expect(try await worker.exit(within: .seconds(30)).ending == .code(0))
            await #expect(throws: HTTPError.self) { try await Self.get("\(address)/healthz") }
        }

        @Test func `an occupied port ends the worker before it receives a message`() async throws {
            let station = try await StationFixture("listen-occupied")
            try await station.upload(Samples.text, "uploads/notes.txt")
            let server = try ScriptedServer { _ in .status(200) }
            defer { server.stop() }
            let exit = try await station.startWorker(["--listen", "127.0.0.1:\(server.port)"]).exit(
                within: .seconds(30))
            #expect(exit.ending == .code(78))
            #expect(
                exit.standardError
                    == "lazaret: can't listen on 127.0.0.1:\(server.port): Address already in use; give --listen a free HOST:PORT\n"
            )
            #expect(try await station.cloud.counts(station.queue.url) == QueueCounts(visible: 2, inFlight: 0))
        }

        @Test(arguments: ["9464", "127.0.0.1", "::1:9464", "127.0.0.1:99999"])
        func `a malformed listen address is refused`(_ address: String) async throws {
            let exit = try await Program(
                StationFixture.lazaret, ["run", "--queue", "http://127.0.0.1:1/0/q", "--listen", address],
                environment: [:]
            ).exit(within: .seconds(30))
            #expect(exit.ending == .code(64))
            #expect(
                exit.standardError
                    == "lazaret: --listen takes HOST:PORT, such as 127.0.0.1:9464 or [::1]:9464, not '\(address)'\n")
        }
    }
}
