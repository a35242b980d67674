import Domain
import Foundation
import Glibc
import Ledger
import Support
import TestKit
import Testing

@testable import Ledger

/// A server as a fleet uses it: over the network, with TLS and a password.
@Suite(.timeLimit(.minutes(1)))
struct PostgresNetworkTests {
    private struct Fixture {
        let certificate: Certificate
        let server: PostgresServer

        init() async throws {
            certificate = try await Certificate()
            server = try await PostgresServer(certificate: certificate)
            try await server.sql("CREATE ROLE fleet LOGIN SUPERUSER PASSWORD 'hush-hush'")
        }

        /// - Parameters:
        ///   - user: may contain a password.
        ///   - settings: replace those that verify the server.
        func url(
            _ database: String, user: String = "fleet:hush-hush", hosts: String? = nil, _ settings: String? = nil,
            more: String = ""
        ) -> String {
            let verified = "sslmode=verify-full&sslrootcert=\(certificate.certificate)"
            let endpoint = hosts ?? "127.0.0.1:\(server.port)"
            return "postgres://\(user)@\(endpoint)/\(database)?\(settings ?? verified)\(more)"
        }
    }

    private static let fixture = Task { try await Fixture() }

    private func withDatabase(_ body: (Fixture, _ name: String) async throws -> Void) async throws {
        let fixture = try await Self.fixture.value
        try await fixture.server.withDatabase { try await body(fixture, $0) }
    }

    private func failure(opening url: String) async -> LedgerError? {
        do throws(LedgerError) {
            await (try await openLedger(at: url, log: .silent)).close()
            return nil
        } catch {
            return error
        }
    }

    /// Opens the ledger and uses it.
    private func work(_ url: String) async throws {
        let ledger = try await openLedger(at: url, log: .silent)
        try await ledger.settle(job(1))
        #expect(try await ledger.job(jobID(1))?.outcome == promotion)
        await ledger.close()
    }

    @Test func `a ledger opens over TLS with a verified certificate`() async throws {
        try await withDatabase { fixture, name in
            try await work(fixture.url(name))
            let session = try PostgresSession(address: Secret(fixture.url(name)))
            let isEncrypted = try session.first("SELECT ssl::text FROM pg_stat_ssl WHERE pid = pg_backend_pid()") {
                $0.text(0)
            }
            #expect(isEncrypted == "true")
        }
    }

    @Test func `an unverified certificate is untrusted and not transient`() async throws {
        let fixture = try await Self.fixture.value
        let stranger = try await Certificate()
        let port = fixture.server.port
        let cases = [
            (
                fixture.url("postgres", "sslmode=verify-full&sslrootcert=\(stranger.certificate)"),
                "certificate verify failed"
            ),
            (
                fixture.url("postgres", "sslmode=verify-ca&sslrootcert=\(stranger.certificate)"),
                "certificate verify failed"
            ),
            (fixture.url("postgres", "sslmode=verify-full&sslrootcert=/nowhere/roots.pem"), "/nowhere/roots.pem"),
            (fixture.url("postgres", hosts: "localhost:\(port)", more: "&hostaddr=127.0.0.1"), "localhost"),
        ]
        for (url, part) in cases {
            let error = try #require(await failure(opening: url))
            #expect(error.code == .untrusted && !error.isTransient, "\(error)")
            #expect(error.detail.contains(part) && error.hint.contains("sslrootcert"), "\(error)")
            #expect(!error.description.contains("hush-hush"))
        }
    }

    @Test func `a server without TLS is untrusted`() async throws {
        let fixture = try await Self.fixture.value
        let plain = try Listening(backlog: 4)
        async let refusal: Void = plain.refuseTLS()
        let error = await failure(opening: fixture.url("postgres", hosts: "127.0.0.1:\(plain.port)"))
        try await refusal
        #expect(error?.code == .untrusted && error?.detail.contains("does not support SSL") == true, "\(error as Any)")
    }

    @Test func `a connection without TLS is denied by a server that requires it`() async throws {
        let fixture = try await Self.fixture.value
        let error = await failure(opening: fixture.url("postgres", "sslmode=disable"))
        #expect(error?.code == .denied && error?.detail.contains("no encryption") == true, "\(error as Any)")
    }

    @Test func `a password can come from a password file`() async throws {
        try await withDatabase { fixture, name in
            let folder = try TemporaryDirectory()
            let file = try folder.write("127.0.0.1:\(fixture.server.port):*:fleet:hush-hush\n", to: "passwords")
            chmod(file, 0o600)
            try await work(fixture.url(name, user: "fleet", more: "&passfile=\(file)"))
        }
    }

    @Test(arguments: [("fleet:wrong-one", "28P01"), ("fleet", "no password supplied"), ("nobody:hush-hush", "28P01")])
    func `a wrong or missing password is denied and not transient`(_ user: String, _ part: String) async throws {
        let fixture = try await Self.fixture.value
        let error = try #require(
            await failure(opening: fixture.url("postgres", user: user, more: "&passfile=/dev/null")))
        #expect(error.code == .denied && !error.isTransient, "\(error)")
        #expect(error.detail.contains(part) && error.hint.contains("PGPASSFILE"), "\(error)")
        #expect(!error.description.contains("wrong-one") && !error.description.contains("hush-hush"))
    }

    @Test(arguments: [
        ("nowhere", "", "nowhere"), ("postgres", "&sslmode=verify-fully", "verify-fully"),
        ("postgres", "&keepalives_idle=soon", "keepalives_idle"), ("postgres", "&target_session_attrs=any1", "any1"),
        ("postgres", "&port=1,2,3", "port"),
    ])
    func `a wrong setting in the address is reported and not transient`(_ name: String, _ more: String, _ part: String)
        async throws
    {
        let fixture = try await Self.fixture.value
        let error = try #require(await failure(opening: fixture.url(name, more: more)))
        #expect(error.code == .badAddress && !error.isTransient && error.detail.contains(part), "\(error)")
        #expect(!error.description.contains("hush-hush"))
    }

    @Test func `the first available host of several is used`() async throws {
        let down = try ReservedPort()
        try await withDatabase { fixture, name in
            let hosts = "127.0.0.1:\(down.number),127.0.0.1:\(fixture.server.port)"
            try await work(fixture.url(name, hosts: hosts, more: "&target_session_attrs=read-write"))
        }
    }

    /// Its machine is down: nothing even refuses the connection.
    @Test func `a host that does not respond is skipped`() async throws {
        let gone = try Listening(backlog: 0)
        let waiting = try gone.fill()
        defer { waiting.forEach { close($0) } }
        try await withDatabase { fixture, name in
            let hosts = "127.0.0.1:\(gone.port),127.0.0.1:\(fixture.server.port)"
            try await work(fixture.url(name, hosts: hosts, more: "&connect_timeout=1"))
        }
    }

    @Test func `the server is unavailable if no host accepts connections`() async throws {
        let (first, second) = (try ReservedPort(), try ReservedPort())
        let fixture = try await Self.fixture.value
        let hosts = "127.0.0.1:\(first.number),127.0.0.1:\(second.number)"
        let error = try #require(await failure(opening: fixture.url("postgres", hosts: hosts)))
        #expect(error.code == .unavailable && error.isTransient, "\(error)")
        for port in [first, second] { #expect(error.detail.contains("\(port.number)")) }
    }

    @Test(
        arguments: [
            ("could not translate host name \"h\" to address: Temporary failure in name resolution", .unavailable),
            ("connection to server at \"h\", port 1 failed: SSL SYSCALL error: Connection reset by peer", .unavailable),
            ("connection to server at \"h\", port 1 failed: SSL error: unexpected eof while reading", .unavailable),
            ("connection to server at \"h\", port 1 failed: SSL error: unsupported protocol", .untrusted),
            ("connection to server at \"h\", port 1 failed: session is read-only", .unavailable),
            (
                "connection to server at \"a\", port 1 failed: SSL error: certificate verify failed\n"
                    + "connection to server at \"b\", port 1 failed: Connection refused", .unavailable
            ),
            (
                "connection to server at \"a\", port 1 failed: FATAL:  57P03: the database system is starting up\n"
                    + "connection to server at \"b\", port 1 failed: FATAL:  28P01: wrong", .denied
            ),
            ("connection to server at \"h\", port 1 failed: could not load private key file \"k\"", .untrusted),
            ("definition of service \"s\" not found", .badAddress),
        ] as [(String, LedgerError.Code)])
    func `the last host's message decides the error of a failed connection`(_ message: String, _ code: LedgerError.Code)
    {
        #expect(PostgresFailure(connecting: message + "\n").ledgerError(during: "open the ledger").code == code)
    }

    @Test func `a lost connection is always unavailable`() {
        let failure = PostgresFailure(losing: "SSL error: decryption failed or bad record mac\n")
        #expect(failure.ledgerError(during: "renew a claim").code == .unavailable)
    }
}

/// A listening port of the loopback address without a PostgreSQL server.
private final class Listening: Sendable {
    private let socket: CInt
    let port: UInt16

    init(backlog: CInt) throws {
        let number = Glibc.socket(AF_INET, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        socket = number
        var address = Self.loopback(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(number, $0, length) == 0 && listen(number, backlog) == 0 && getsockname(number, $0, &length) == 0
            }
        }
        port = UInt16(bigEndian: address.sin_port)
        try #require(isBound)
    }

    deinit { close(socket) }

    private static func loopback(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        address.sin_port = port.bigEndian
        return address
    }

    /// Refuses the first request for TLS, and waits until the client has closed the connection.
    func refuseTLS() async throws {
        let isDone = await withCheckedContinuation { waiter in
            Thread.detachNewThread { [socket] in
                let connection = accept(socket, nil, nil)
                defer { close(connection) }
                // "SSLRequest" in PostgreSQL's manual, "Message Formats".
                var request = [UInt8](repeating: 0, count: 8)
                let isAsked = recv(connection, &request, 8, CInt(MSG_WAITALL)) == 8
                let isAnswered = isAsked && send(connection, "N", 1, 0) == 1
                _ = recv(connection, &request, 1, 0)
                waiter.resume(returning: isAnswered)
            }
        }
        try #require(isDone)
    }

    /// Fills the backlog with connections, until another one is not accepted.
    ///
    /// - Returns: the sockets, which keep the backlog full while they are open.
    func fill() throws -> [CInt] {
        var taken: [CInt] = []
        while taken.count < 16 {
            let client = Glibc.socket(
                AF_INET, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue) | CInt(SOCK_NONBLOCK.rawValue), 0)
            taken.append(client)
            var address = Self.loopback(port)
            _ = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(client, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            // On loopback a connection is accepted at once.
            var event = pollfd(fd: client, events: Int16(POLLOUT), revents: 0)
            if poll(&event, 1, 200) == 0 { return taken }
        }
        throw SystemError("fill the backlog", code: EAGAIN)
    }
}
