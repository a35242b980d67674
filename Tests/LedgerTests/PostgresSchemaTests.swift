import Domain
import Ledger
import Support
import TestKit
import Testing

@testable import Ledger

/// The schema, the rights to use it, and the errors of a server.
@Suite(.timeLimit(.minutes(1)))
struct PostgresSchemaTests {
    private func failure(opening url: String, creating: Bool = true) async -> LedgerError? {
        await #expect(throws: LedgerError.self) { try await openLedger(at: url, log: .silent, creating: creating) }
    }

    private func withDatabase(_ body: (PostgresServer, _ name: String) async throws -> Void) async throws {
        let server = try await PostgresServer.shared()
        try await server.withDatabase { try await body(server, $0) }
    }

    private static let one = PostgresMigration(version: 1, sql: "CREATE TABLE a (x bigint); INSERT INTO a VALUES (1)")
    private static let two = PostgresMigration(
        version: 2, sql: "ALTER TABLE a ADD COLUMN y bigint; UPDATE a SET y = x + 1")
    /// Fails in its second statement.
    private static let broken = PostgresMigration(
        version: 3, sql: "CREATE TABLE b (x bigint); INSERT INTO nowhere VALUES (1)")

    @Test func `each step runs once and a failed step leaves the previous version`() async throws {
        try await withDatabase { server, name in
            let session = try PostgresSession(address: Secret(server.url(name)))
            let before = [
                try session.migrate([Self.one]), try session.migrate([Self.one, Self.two]),
                try session.migrate([Self.one, Self.two]),
            ]
            #expect(before == [0, 1, 2])
            #expect(throws: PostgresFailure.self) { try session.migrate([Self.one, Self.two, Self.broken]) }
            let tables = try session.all(
                "SELECT tablename::text FROM pg_tables WHERE schemaname = 'lazaret' ORDER BY 1"
            ) {
                $0.text(0)
            }
            #expect(tables == ["a", "schema_version"])
            let rows = try session.all("SELECT x, y FROM a") { [$0.integer(0), $0.integer(1)] }
            #expect(rows == [[1, 2]])
            #expect(try session.migrate([Self.one, Self.two]) == 2)
        }
    }

    @Test func `processes that create the ledger at the same time share it`() async throws {
        try await withDatabase { server, name in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<8 {
                    group.addTask {
                        let ledger = try await openLedger(at: server.url(name), log: .silent)
                        try await ledger.settle(job(number))
                        await ledger.close()
                    }
                }
                try await group.waitForAll()
            }
            let ledger = try await openLedger(at: server.url(name), log: .silent, creating: false)
            #expect(try await ledger.summary().outcomes == [.settled: 8])
            await ledger.close()
        }
    }

    @Test func `tables are created only if asked for`() async throws {
        try await withDatabase { server, name in
            let error = await failure(opening: server.url(name), creating: false)
            #expect(error?.code == .missing && error?.hint.contains("lazaret run") == true)
            let schemas = try await server.sql("SELECT 1 FROM pg_namespace WHERE nspname = 'lazaret'", in: name)
            #expect(schemas == [])
        }
    }

    @Test func `a missing database is reported`() async throws {
        let server = try await PostgresServer.shared()
        let error = await failure(opening: server.url("nowhere"))
        #expect(error?.code == .badAddress && error?.detail.contains("nowhere") == true && error?.isTransient == false)
    }

    @Test func `another program's tables are allowed beside the schema but not in it`() async throws {
        try await withDatabase { server, name in
            try await server.sql("CREATE TABLE jobs (text text)", in: name)
            let ledger = try await openLedger(at: server.url(name), log: .silent)
            try await ledger.settle(job(1))
            await ledger.close()
            #expect(try await server.sql("SELECT count(*) FROM public.jobs", in: name) == ["0"])
        }
        try await withDatabase { server, name in
            try await server.sql("CREATE SCHEMA lazaret; CREATE TABLE lazaret.jobs (text text)", in: name)
            let error = await failure(opening: server.url(name))
            #expect(error?.code == .foreign)
        }
    }

    @Test func `a later version's ledger is refused`() async throws {
        try await withDatabase { server, name in
            await (try await openLedger(at: server.url(name), log: .silent)).close()
            try await server.sql("UPDATE lazaret.schema_version SET version = 99", in: name)
            let error = await failure(opening: server.url(name))
            #expect(error?.code == .tooNew && error?.detail.contains("99") == true)
        }
    }

    @Test func `a database with a narrow encoding is refused`() async throws {
        let server = try await PostgresServer.shared()
        try await server.sql("CREATE DATABASE narrow ENCODING 'LATIN1' TEMPLATE template0")
        let error = await failure(opening: server.url("narrow"))
        #expect(error?.code == .foreign && error?.detail.contains("LATIN1") == true)
        try await server.sql("DROP DATABASE narrow WITH (FORCE)")
    }

    @Test func `a read-only role can list jobs but not claim them`() async throws {
        try await withDatabase { server, name in
            let owner = try await openLedger(at: server.url(name), log: .silent)
            try await owner.settle(job(1))
            try await server.sql(
                """
                CREATE ROLE reader LOGIN; GRANT USAGE ON SCHEMA lazaret TO reader;
                GRANT SELECT ON ALL TABLES IN SCHEMA lazaret TO reader
                """, in: name)
            let reader = try await openLedger(at: server.url(name, user: "reader"), log: .silent, creating: false)
            #expect(try await reader.jobs(JobQuery()).map(\.job.id) == [jobID(1)])
            let error = await #expect(throws: LedgerError.self) { _ = try await reader.take(job(2)) }
            #expect(error?.code == .denied && error?.isTransient == false)
            #expect(error?.hint.contains("Grant") == true)
            await reader.close()
            await owner.close()
        }
    }

    @Test func `a role that may not create schemas needs an existing one`() async throws {
        try await withDatabase { server, name in
            try await server.sql("CREATE ROLE builder LOGIN")
            let error = await failure(opening: server.url(name, user: "builder"))
            #expect(error?.code == .denied && error?.hint.contains("CREATE on the database") == true)
            try await server.sql("CREATE SCHEMA lazaret AUTHORIZATION builder", in: name)
            let ledger = try await openLedger(at: server.url(name, user: "builder"), log: .silent)
            try await ledger.settle(job(1))
            await ledger.close()
            try await server.sql("CREATE ROLE stranger LOGIN")
            #expect(await failure(opening: server.url(name, user: "stranger"))?.code == .denied)
        }
    }

    @Test func `a wrong password is denied and not shown`() async throws {
        try await withDatabase { server, name in
            try await server.sql("CREATE ROLE careful LOGIN SUPERUSER PASSWORD 'right-one'")
            let error = await failure(opening: server.url(name, user: "careful:wrong-one"))
            #expect(error?.code == .denied && error?.description.contains("wrong-one") == false)
            #expect(error?.description.contains("28P01") == true && error?.hint.contains("PGPASSFILE") == true)
            await (try await openLedger(at: server.url(name, user: "careful:right-one"), log: .silent)).close()
            await (try await openLedger(at: server.url(name, user: "careful") + "&password=right-one", log: .silent))
                .close()
        }
    }

    @Test func `a server without free connections is unavailable`() async throws {
        let server = try await PostgresServer.shared()
        try await server.sql("CREATE ROLE crowd LOGIN CONNECTION LIMIT 0")
        let error = await failure(opening: server.url("postgres", user: "crowd"))
        #expect(error?.code == .unavailable && error?.hint.contains("max_connections") == true)
    }

    @Test func `a read-only server is unavailable for writes`() async throws {
        try await withDatabase { server, name in
            let ledger = try await openLedger(at: server.url(name), log: .silent)
            let token = try await ledger.take(job(1))
            try await server.sql("ALTER DATABASE \(name) SET default_transaction_read_only = on")
            let later = try await openLedger(at: server.url(name), log: .silent)
            let error = await #expect(throws: LedgerError.self) { try await later.renew(token, until: at(30)) }
            #expect(error?.code == .unavailable && error?.hint.contains("primary") == true)
            #expect(try await later.job(jobID(1))?.heldBy == "alpha")
            for ledger in [ledger, later] { await ledger.close() }
        }
    }

    @Test(arguments: [
        "UPDATE audit_trail SET reason = 'nothing to see'", "DELETE FROM audit_trail", "TRUNCATE audit_trail",
    ])
    func `the audit trail is append-only for every client`(_ sql: String) async throws {
        try await withDatabase { server, name in
            let ledger = try await openLedger(at: server.url(name), log: .silent)
            let entry = AuditEntry(at: at(1), actor: "mara", action: "release", subject: "s3://q/1", reason: "benign")
            try await ledger.audit(entry)
            let intruder = try PostgresSession(address: Secret(server.url(name)))
            let error = #expect(throws: PostgresFailure.self) { try intruder.run(sql) }
            #expect(error?.ledgerError(during: "meddle").detail.contains("append-only") == true)
            #expect(try await ledger.auditTrail(of: nil, limit: 9) == [entry])
            await ledger.close()
        }
    }

    @Test func `a signature set is stored once for all jobs that have it`() async throws {
        try await withDatabase { server, name in
            let ledger = try await openLedger(at: server.url(name), log: .silent)
            // Too large for an entry of an index.
            let large = (0..<400).map {
                SignatureDatabase(
                    name: "rules-\($0 &* 2_654_435_761).yar", version: Int64($0) &* 7_919, built: at(Int64($0)))
            }
            for number in 0..<10 {
                try await ledger.settle(
                    job(number), .settled(cleanWithEvidence(signatures: number % 2 == 0 ? demoSet : large), .kept, nil))
            }
            #expect(try await server.sql("SELECT count(*) FROM lazaret.signature_sets", in: name) == ["2"])
            #expect(try await ledger.job(jobID(1))?.judgement == cleanWithEvidence(signatures: large))
            await ledger.close()
        }
    }

    @Test func `the latest jobs of many objects are found together`() async throws {
        try await withDatabase { server, name in
            let ledger = try await PostgresLedger(address: Secret(server.url(name)), log: .silent)
            for number in 1...3 { try await ledger.settle(job(number)) }
            let unversioned = Job(
                id: jobID(4),
                event: Event(
                    object: ObjectVersion(bucket: "incoming", key: job(1).object.key, versionID: nil, etag: "e1"),
                    size: 1, sequencer: nil, time: nil, name: "ObjectCreated:Put"))
            try await ledger.settle(unversioned)
            let nameless = ObjectVersion(bucket: "incoming", key: job(1).object.key, versionID: nil, etag: nil)
            let asked = [job(2).object, nameless, job(9).object, unversioned.object, job(1).object]
            let found = try await ledger.latestJobs(of: asked).map { $0?.job.id }
            #expect(found == [jobID(2), nil, nil, jobID(4), jobID(1)])
            #expect(try await ledger.latestJobs(of: []).isEmpty)
            await ledger.close()
        }
    }

    /// From "PostgreSQL Error Codes" in its manual.
    @Test(
        arguments: [
            ("08006", .unavailable), ("57P01", .unavailable), ("57P02", .unavailable), ("57P03", .unavailable),
            ("53300", .unavailable), ("25006", .unavailable), ("53100", .full), ("53200", .unavailable),
            ("40001", .busy), ("40P01", .busy), ("55P03", .busy), ("57014", .busy), ("28P01", .denied),
            ("28000", .denied), ("42501", .denied), ("3D000", .badAddress), ("42P01", .missing), ("XX001", .corrupt),
            ("22021", .failed), ("P0001", .failed),
        ] as [(String, LedgerError.Code)])
    func `a SQLSTATE maps to an error code`(_ state: String, _ meaning: LedgerError.Code) {
        let error = PostgresFailure.server(state: state, message: "m").ledgerError(during: "list jobs")
        #expect(error.code == meaning)
        #expect(error.isTransient == [.busy, .full, .unavailable].contains(meaning))
        #expect(error.description.contains("list jobs") && error.description.contains("PostgreSQL \(state)"))
    }

    /// Otherwise a worker would wait for a server that it never tries to reach.
    @Test(arguments: ["sslmode=bogus", "target_session_attrs=bogus", "gssencmode=bogus"])
    func `an invalid setting is not transient`(_ setting: String) async {
        let error = await failure(opening: "postgres://u:secret@127.0.0.1:1/d?\(setting)")
        #expect(error?.code == .badAddress && error?.isTransient == false)
        #expect(error?.detail.contains("bogus") == true && error?.description.contains("secret") == false)
    }

    @Test func `the SQLSTATE of a failed connection is read and its source location removed`() {
        let error = PostgresFailure(
            connecting: """
                connection to server at "h" (::1), port 5432 failed: Connection refused
                \tIs the server running on that host and accepting TCP/IP connections?
                connection to server at "h" (127.0.0.1), port 5432 failed: FATAL:  57P03: the database system is starting up
                LOCATION:  ProcessStartupPacket, postmaster.c:2406

                """
        ).ledgerError(during: "open the ledger")
        #expect(error.code == .unavailable && error.detail.contains("FATAL: the database system is starting up"))
        #expect(error.detail.contains("57P03") && !error.detail.contains("postmaster.c"))
        #expect(!error.detail.contains("\t"))
        #expect(
            PostgresFailure(connecting: "could not translate host name").ledgerError(during: "x").code == .unavailable)
    }
}
