import CSQLite
import Glibc

extension LedgerError {
    /// The last failure of a connection as a ledger's error.
    init(of database: borrowing SQLiteDatabase, _ operation: String) {
        let code = unsafe sqlite3_extended_errcode(database.handle)
        let message = unsafe sqlite3_errmsg(database.handle).map { unsafe String(cString: $0) } ?? "no message"
        self.init(sqlite: code, message: message, path: database.path, operation: operation)
    }

    /// - Parameter code: a result code of SQLite, extended or not (sqlite.org, "Result and Error Codes").
    init(sqlite code: Int32, message: String, path: String, operation: String) {
        let (mapped, hint): (Code, String) =
            switch code & 0xFF {
            case SQLITE_BUSY, SQLITE_LOCKED, SQLITE_PROTOCOL:
                (.busy, "Another process holds \(path): end it if it hangs, then try again.")
            case SQLITE_FULL:
                (.full, "Free space on the disk that holds \(path), then try again.")
            case SQLITE_READONLY:
                (.readOnly, "Let this user write \(path) and the folder it is in.")
            case SQLITE_CORRUPT, SQLITE_NOTADB:
                (.corrupt, "Stop the workers, keep a copy of \(path), and restore it from a backup.")
            case SQLITE_PERM, SQLITE_AUTH:
                (.denied, "Let this user read and write \(path) and the folder it is in.")
            case SQLITE_CANTOPEN:
                Self.reasonNotOpened(path)
            case SQLITE_IOERR:
                (.failed, "The disk that holds \(path) failed: read the system's log.")
            default:
                (.failed, "Report this with the whole line.")
            }
        self.init(mapped, operation: operation, detail: "\(message) (SQLite \(code))", hint: hint)
    }

    /// SQLite reports only that a file can't be opened. The reason is found by looking at its folder.
    private static func reasonNotOpened(_ path: String) -> (Code, String) {
        let folder = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        var status = stat()
        if unsafe stat(folder, &status) != 0 {
            return errno == ENOENT || errno == ENOTDIR
                ? (.missing, "Create the folder \(folder).") : (.denied, "Let this user enter the folder \(folder).")
        }
        if unsafe stat(path, &status) != 0, errno == ENOENT {
            return unsafe access(folder, W_OK) == 0
                ? (.missing, "\(path) does not exist: check the ledger's address.")
                : (.denied, "Let this user write in the folder \(folder).")
        }
        return (.denied, "Make \(path) a file that this user may read and write.")
    }
}
