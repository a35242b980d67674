import Ledger
import Support
import Testing

struct LedgerLocationTests {
    @Test(arguments: [
        ("sqlite:lazaret.db", "lazaret.db"), ("sqlite:a/b.db", "a/b.db"), ("SQLite:/var/lib/l.db", "/var/lib/l.db"),
        ("sqlite:///var/lib/l.db", "/var/lib/l.db"), ("sqlite:with space?x=1", "with space?x=1"),
    ])
    func `a SQLite address is parsed to a path`(_ url: String, _ path: String) throws {
        #expect(try LedgerLocation(url: url) == .sqlite(path: path))
    }

    @Test(arguments: [
        "postgres://u:secret@h/d", "postgresql:///d?host=/run/postgresql&password=secret",
        "postgres://u:secret?@[::1]:5432/d", "postgres://[::1]", "postgres://%2Frun%2Fpg:5433?dbname=a@b",
        "PostgreSQL://h1,h2:5433/d?target_session_attrs=read-write&sslmode=verify-full",
    ])
    func `a PostgreSQL address is kept but not printed`(_ url: String) throws {
        let location = try LedgerLocation(url: url)
        guard case .postgres(let address) = location else {
            Issue.record("\(url) is not PostgreSQL's")
            return
        }
        #expect(address.exposed.hasPrefix("postgres") && address.exposed.hasSuffix(url.dropFirst(10)))
        #expect(!"\(location)".contains("secret") && !String(reflecting: location).contains("secret"))
    }

    @Test(arguments: [
        ("", "sqlite:"), ("lazaret.db", "sqlite:lazaret.db"), ("sqlite:", "sqlite:lazaret.db"),
        ("sqlite::memory:", "lose every outcome"), ("sqlite://host/l.db", "sqlite:///host/l.db"),
        ("sqlite:a\u{0}b", "NUL"),
        ("postgresql:d", "postgres://user@host/database"), ("postgres:/u:secret@h/d", "the server is missing"),
        ("postgres://u:se%zzcret@h/d", "valid PostgreSQL URI"), ("postgres://u:secret@[h/d", "valid PostgreSQL URI"),
        ("postgres://u:secret@h/d?sslmod=require", "sslmod"), ("postgres://u:secret@h/\u{0}", "NUL"),
        ("postgres://u:p@secret@h/d", "%XX"), ("postgres://u:secret/7@h/d", "%XX"), ("postgres://h:secret", "%XX"),
        ("mysql://u:secret@h/d", "mysql"),
    ])
    func `an invalid address is refused with a hint`(_ url: String, _ part: String) {
        let error = #expect(throws: LedgerError.self) { try LedgerLocation(url: url) }
        #expect(error?.code == .badAddress)
        #expect(error?.description.contains(part) == true)
        #expect(error?.description.contains("secret") == false)
    }

    @Test(arguments: [
        ("postgres://u:hush@h:5432/d?sslmode=require", "postgres://u:***@h:5432/d?sslmode=require"),
        ("postgres://u:hu?sh@h/d", "postgres://u:***@h/d"), ("postgres://u:hu#sh@h/d", "postgres://u:***@h/d"),
        ("postgres://:hush@h", "postgres://:***@h/"), ("postgresql://u@h/d", "postgres://u@h/d"),
        ("postgres://h:5432/a@b", "postgres://h:5432/a@b"), ("postgres:///d?password=hush", "postgres://:***@/d"),
        ("postgres://h/d?user=u&%70assword=hu?sh&sslpassword=hush", "postgres://u:***@h/d?sslpassword=***"),
        ("postgres://u:hush@h/d?passfile=/p", "postgres://u:***@h/d?passfile=/p"),
        ("postgres://u@[::1]:7,h2/d?target_session_attrs=any", "postgres://u@[::1]:7,h2/d?target_session_attrs=any"),
        ("postgres://u@a,b/d?port=7", "postgres://u@a:7,b:7/d"),
        ("postgres://u@/d?host=/run/pg&port=7", "postgres://u@/d?host=/run/pg&port=7"),
        ("sqlite:lazaret.db", "sqlite:lazaret.db"), ("sqlite:///a:b@c.db", "sqlite:/a:b@c.db"),
    ])
    func `the description of an address hides passwords`(_ url: String, _ shown: String) throws {
        #expect("\(try LedgerLocation(url: url))" == shown)
    }

    /// An address, libpq's own variables, and the hosts that libpq would not verify.
    @Test(
        arguments: [
            ("postgres://u@db.example.com/d", [:], "db.example.com"),
            ("postgres://u@db.example.com/d?sslmode=require", [:], "db.example.com"),
            ("postgres://u@db.example.com/d?sslmode=verify-ca", ["PGSSLMODE": "verify-full"], "db.example.com"),
            ("postgres://u@db.example.com/d", ["PGSSLMODE": "verify-full"], nil),
            ("postgres://u@db.example.com/d?sslmode=verify-full", [:], nil),
            ("postgres://u@10.0.0.7,localhost/d", [:], "10.0.0.7"),
            ("postgres://u@localhost/d?hostaddr=10.0.0.7", [:], "10.0.0.7"),
            ("postgres://u@[::1]:5432,127.0.0.1/d", [:], nil),
            ("postgres:///d?host=/run/postgresql", [:], nil), ("postgres:///d", [:], nil),
            ("postgres:///d", ["PGHOST": "db.example.com"], "db.example.com"), ("sqlite:a.db", [:], nil),
        ] as [(String, [String: String], String?)])
    func `a server that is not verified is named`(
        _ url: String, _ environment: [String: String], _ host: String?
    ) throws {
        let warning = try LedgerLocation(url: url).unverifiedServer(environment: environment)
        #expect((warning == nil) == (host == nil), "\(warning ?? "")")
        if let host { #expect(warning?.contains("not set for \(host): ") == true, "\(warning ?? "")") }
    }
}
