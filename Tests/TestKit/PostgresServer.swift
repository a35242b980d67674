internal import Foundation
internal import Support

/// A PostgreSQL server on a private Unix socket that syncs nothing to disk.
///
/// It ends when its standard input is closed: when this value is released, or when the test process ends for any
/// reason.
package final class PostgresServer: Sendable {
    /// The folder of its socket.
    package let folder: String
    private let loopback: ReservedPort?
    private let server: Program
    private let turn = AsyncSemaphore(1)
    private let databases = Locked(0)

    /// - Parameters:
    ///   - settings: as in `postgresql.conf`, `name=value`, without blanks.
    ///   - certificate: if set, the server also listens on the loopback address, where it requires TLS and a password.
    package init(_ settings: [String] = [], certificate: Certificate? = nil) async throws {
        var all = ["fsync=off", "full_page_writes=off", "max_connections=400", "shared_buffers=32MB"] + settings
        var environment = ["PATH": "/usr/bin:/bin"]
        if let certificate {
            let port = try ReservedPort()
            all += ["listen_addresses=127.0.0.1", "port=\(port.number)", "ssl=on"]
            environment["CERTIFICATE"] = certificate.certificate
            environment["KEY"] = certificate.key
            loopback = port
        } else {
            loopback = nil
        }
        server = try Program(
            "/bin/sh", [Project.fixture("kit/postgres.sh"), try Self.programs] + all, environment: environment,
            holdingInput: true)
        folder = try await server.outputLine(within: .seconds(60))
        try await waitUntilReady()
    }

    /// The server for all tests of this process. Each test creates its own database.
    package static func shared() async throws -> PostgresServer { try await sharedTask.value }

    private static let sharedTask = Task { try await PostgresServer() }

    deinit { server.closeInput() }

    /// The folder of the programs of the newest server that Debian has installed.
    private static var programs: String {
        get throws {
            let root = "/usr/lib/postgresql"
            let versions = ((try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []).compactMap(Int.init)
            guard let newest = versions.max() else { throw NoPostgres() }
            return "\(root)/\(newest)/bin"
        }
    }

    private func waitUntilReady() async throws {
        _ = try await server.errorLine(within: .seconds(60)) { $0.contains("ready to accept connections") }
    }

    /// The URL at which a ledger is opened.
    ///
    /// - Parameter user: a role; `lazaret` is the superuser.
    package func url(_ database: String, user: String = "lazaret") -> String {
        "postgres://\(user)@/\(database)?host=\(folder)" + (loopback.map { "&port=\($0.number)" } ?? "")
    }

    /// The port on which a server with a certificate listens.
    package var port: UInt16 { loopback?.number ?? 0 }

    /// Runs `body` with the name of a new database, which is dropped afterwards.
    package func withDatabase(_ body: (_ name: String) async throws -> Void) async throws {
        let number = databases.withLock { count in
            count += 1
            return count
        }
        let name = "test_\(number)"
        try await sql("CREATE DATABASE \(name)")
        do {
            try await body(name)
        } catch {
            _ = try? await sql("DROP DATABASE \(name) WITH (FORCE)")
            throw error
        }
        try await sql("DROP DATABASE \(name) WITH (FORCE)")
    }

    /// Runs a statement as the superuser and returns a line for each row, with `|` between the columns.
    @discardableResult
    package func sql(_ statement: String, in database: String = "postgres") async throws -> [String] {
        let psql = try Program(
            try Self.programs + "/psql",
            ["-XqAt", "-v", "ON_ERROR_STOP=1", "-d", url(database), "-c", statement], environment: [:])
        let exit = try await psql.exit(within: .seconds(120))
        guard exit.ending == .code(0) else { throw Refused(statement: statement, answer: exit.standardError) }
        return exit.standardOutput.split(separator: "\n").map(String.init)
    }

    /// Starts a session as the superuser, which runs the statements that are written to it until its input is closed.
    package func session(_ database: String) throws -> Program {
        try Program(
            try Self.programs + "/psql", ["-XqAt", "-v", "ON_ERROR_STOP=1", "-d", url(database)], environment: [:],
            holdingInput: true)
    }

    /// Shuts the server down and starts it again.
    package func restart() async throws {
        try await order("restart")
        try await waitUntilReady()
    }

    /// Shuts the server down; its clients get an error that says so.
    package func stop() async throws { try await order("stop") }

    package func start() async throws {
        try await order("start")
        try await waitUntilReady()
    }

    /// Kills all processes of the server at once, as a power failure would.
    package func kill() async throws { try await order("kill") }

    package struct Refused: Error {
        package let statement: String
        package let answer: String
    }

    private func order(_ word: String) async throws {
        try await turn.withPermit {
            server.write(Array("\(word)\n".utf8))
            _ = try await server.outputLine(within: .seconds(60)) { $0 == "done \(word)" }
        }
    }
}

package struct NoPostgres: Error, CustomStringConvertible {
    package var description: String { "the tests' PostgreSQL is missing: run `make setup` first (/usr/lib/postgresql)" }
}
