import Ledger
import Support
import Testing

struct LedgerLocationTests {
    @Test(arguments: [
        ("sqlite:lazaret.db", "lazaret.db"), ("sqlite:a/b.db", "a/b.db"), ("SQLite:/var/lib/l.db", "/var/lib/l.db"),
        ("sqlite:///var/lib/l.db", "/var/lib/l.db"), ("sqlite:with space?x=1", "with space?x=1"),
    ])
    func aFileIsNamedByItsPath(_ url: String, _ path: String) throws {
        #expect(try LedgerLocation(url: url) == .sqlite(path: path))
    }

    @Test(arguments: [
        ("", "sqlite:"), ("lazaret.db", "sqlite:lazaret.db"), ("sqlite:", "sqlite:lazaret.db"),
        ("sqlite::memory:", "forget"), ("sqlite://host/l.db", "sqlite:///host/l.db"), ("sqlite:a\u{0}b", "NUL"),
        ("postgres://u:secret@h/d", "no driver for PostgreSQL yet"), ("postgresql:d", "no driver for PostgreSQL yet"),
        ("mysql://h/d", "mysql"),
    ])
    func anyOtherAddressIsRefusedWithAWayOut(_ url: String, _ part: String) {
        let error = #expect(throws: LedgerError.self) { try LedgerLocation(url: url) }
        #expect(error?.code == .badAddress)
        #expect(error?.description.contains(part) == true)
        #expect(error?.description.contains("secret") == false)
    }
}
