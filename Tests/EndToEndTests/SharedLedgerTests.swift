import Foundation
import Glibc
import Support
import TestKit
import Testing

extension EndToEnd {
    /// Workers that share a ledger on a PostgreSQL server.
    @Suite struct SharedLedger {
        @Test func `workers that start together create the ledger once and share the work`() async throws {
            let server = try await PostgresServer.shared()
            try await server.withDatabase { name in
                var station = try await StationFixture("shared-ledger")
                station.ledger = server.url(name)
                for number in 0..<12 { try await station.upload(Samples.text, "uploads/\(number).txt") }
                let workers = [
                    try station.startWorker(idle: 2, ["--scanners", "1"]),
                    try station.startWorker(idle: 2, ["--scanners", "1"]),
                ]
                for worker in workers {
                    let exit = try await worker.exit(within: .seconds(90))
                    #expect(exit.ending == .code(0), "\(exit.standardError)")
                }
                let jobs = try await station.jobs()
                #expect(jobs.count == 12 && jobs.allSatisfy { $0.outcome == "settled" && $0.attempts == 1 })
                #expect(try await station.keys(station.media).count == 12)
                #expect(try await station.keys(station.incoming).isEmpty)
                try await station.expectDrained()
            }
        }

        @Test func `a worker waits for a killed PostgreSQL server and loses nothing`() async throws {
            let server = try await PostgresServer()
            try await server.withDatabase { name in
                var station = try await StationFixture("ledger-outage")
                station.ledger = server.url(name)
                try await station.upload(Samples.text, "uploads/before.txt")
                let worker = try station.startWorker(idle: 3, ["--scanners", "1"])
                try await worker.logged("started")
                try await server.kill()
                for number in 0..<6 { try await station.upload(Samples.text, "uploads/\(number).txt") }
                _ = try await worker.errorLine(within: .seconds(60)) { $0.contains("ledger unreachable") }
                try await server.start()
                let exit = try await worker.exit(within: .seconds(90))
                #expect(exit.ending == .code(0), "\(exit.standardError)")
                let jobs = try await station.jobs()
                #expect(jobs.count == 7 && jobs.allSatisfy { $0.outcome == "settled" })
                #expect(try await station.keys(station.media).count == 7)
                try await station.expectDrained()
            }
        }

        @Test func `a worker waits for PostgreSQL at the start and answers health checks meanwhile`() async throws {
            let server = try await PostgresServer()
            try await server.withDatabase { name in
                var station = try await StationFixture("ledger-down")
                station.ledger = server.url(name)
                try await station.upload(Samples.text, "uploads/notes.txt")
                try await server.stop()
                let worker = try station.startWorker(idle: 2, ["--scanners", "1", "--listen", "127.0.0.1:0"])
                let address = try await Listening.address(of: worker)
                _ = try await worker.errorLine(within: .seconds(60)) { $0.contains("ledger unreachable: waiting") }
                #expect(try await Listening.get("\(address)/healthz") == (200, "ok\n"))
                #expect(try await Listening.get("\(address)/metrics").text.contains("\nlazaret_ledger_down 1\n"))
                try await server.start()
                let exit = try await worker.exit(within: .seconds(90))
                #expect(exit.ending == .code(0), "\(exit.standardError)")
                #expect(exit.errorLines.filter { $0.contains("ledger unreachable") }.count == 1)
                #expect(exit.errorLines.contains { $0.contains("ledger is back") })
                #expect(try await station.job("uploads/notes.txt").disposition == "promoted")
                try await station.expectDrained()
            }
        }

        @Test(arguments: [SIGTERM, SIGINT])
        func `a stop signal ends the wait for an unreachable server`(_ signal: CInt) async throws {
            var station = try await StationFixture("ledger-never-\(signal)", route: nil)
            station.ledger = "postgres://mara@/db?host=\(station.folder.path)"
            let worker = try station.startWorker(idle: nil)
            _ = try await worker.errorLine(within: .seconds(60)) { $0.contains("ledger unreachable: waiting") }
            worker.send(signal)
            let exit = try await worker.exit(within: .seconds(30))
            #expect(exit.ending == .code(0), "\(exit.standardError)")
            #expect(!exit.standardError.contains("loading signatures"))
        }

        /// As if the server's machine were frozen: it accepts the connection and never answers.
        @Test func `a stop signal ends the wait for a server that does not answer`() async throws {
            let silent = try SilentServer()
            var station = try await StationFixture("ledger-silent", route: nil)
            station.ledger = "postgres://mara@127.0.0.1:\(silent.port)/db?connect_timeout=600"
            let worker = try station.startWorker(idle: nil)
            try await silent.connection()
            worker.send(SIGTERM)
            let exit = try await worker.exit(within: .seconds(30))
            #expect(exit.ending == .code(0), "\(exit.standardError)")
        }

        @Test func `a network connection is verified and its password comes from the environment and is never printed`()
            async throws
        {
            let certificate = try await Certificate()
            let server = try await PostgresServer(certificate: certificate)
            try await server.sql("CREATE ROLE fleet LOGIN SUPERUSER PASSWORD 'hush-hush'")
            var station = try await StationFixture("ledger-network")
            let host = "127.0.0.1:\(server.port)/postgres"
            let settings = "?sslmode=verify-full&sslrootcert=\(certificate.certificate)"
            station.ledger = "postgres://fleet@\(host)\(settings)"
            try await station.upload(Samples.text, "uploads/notes.txt")
            let known = station.stack.environment.merging(["PGPASSWORD": "hush-hush"]) { $1 }
            let worker = try station.startWorker(idle: 1, ["--scanners", "1"], environment: known)
            let exit = try await worker.exit(within: .seconds(90))
            #expect(exit.ending == .code(0) && !exit.standardError.contains("hush-hush"), "\(exit.standardError)")
            #expect(try await server.sql("SELECT disposition FROM lazaret.jobs") == ["promoted"])

            // A wrong password is not retried.
            for (address, hidden) in [
                ("postgres://fleet:wrong-one@\(host)\(settings)", "fleet:***@"), (station.ledger, "fleet@"),
            ] {
                station.ledger = address
                let wrong = station.stack.environment.merging(["PGPASSWORD": "wrong-one"]) { $1 }
                let refused = try await station.startWorker(idle: 1, environment: wrong).exit(within: .seconds(60))
                #expect(
                    refused.ending == .code(78) && refused.standardError.contains("28P01"), "\(refused.standardError)")
                #expect(!(refused.standardError + refused.standardOutput).contains("wrong-one"))
                let right = address.replacingOccurrences(of: "wrong-one", with: "hush-hush")
                let check = try await Program(
                    StationFixture.lazaret,
                    ["check", "--ledger", right, "--pipelines", station.folder.path + "/pipelines"],
                    environment: known
                ).exit(within: .seconds(60))
                let output = check.standardError + check.standardOutput
                #expect(output.contains("\(hidden)\(host)\(settings)") && !output.contains("hush-hush"), "\(output)")
            }
        }

        @Test func `a server error is reported without the password`() async throws {
            let server = try await PostgresServer.shared()
            try await server.withDatabase { name in
                let list = ["jobs", "list", "--ledger"]
                let empty = try await Program(StationFixture.lazaret, list + [server.url(name)], environment: [:])
                    .exit(within: .seconds(30))
                #expect(empty.ending == .code(78) && empty.standardError.contains("`lazaret run` creates them"))
                let away = try await Program(
                    StationFixture.lazaret, list + ["postgres://mara:hush-hush@/db?host=/nowhere&password=hush-hush"],
                    environment: [:]
                ).exit(within: .seconds(30))
                #expect(away.ending == .code(69) && away.standardError.contains("/nowhere"))
                #expect(!away.standardError.contains("hush-hush"))
            }
        }
    }
}

/// A server that accepts connections and never answers.
private actor SilentServer {
    private let executor = BlockingExecutor("silent server")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
    private let socket: CInt
    private var accepted: [CInt] = []
    nonisolated let port: UInt16

    init() throws {
        socket = Glibc.socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        let number = socket
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(number, $0, length) == 0 && getsockname(number, $0, &length) == 0
            }
        }
        port = UInt16(bigEndian: address.sin_port)
        try #require(isBound && listen(number, 8) == 0)
    }

    /// Waits for a client.
    func connection() throws {
        let connection = accept(socket, nil, nil)
        try #require(connection >= 0)
        accepted.append(connection)
    }

    deinit { for number in accepted + [socket] { close(number) } }
}
