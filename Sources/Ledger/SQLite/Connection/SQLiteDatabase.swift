import CSQLite
import Glibc

/// Owns one open handle of SQLite. It is used by one thread at a time.
@safe struct SQLiteDatabase: ~Copyable {
    enum Access {
        case readOnly
        case readWrite
        /// Creates the file if it is missing.
        case create
    }

    let handle: OpaquePointer
    let path: String

    init(path: String, access: Access) throws(LedgerError) {
        let flags =
            switch access {
            case .readOnly: SQLITE_OPEN_READONLY
            case .readWrite: SQLITE_OPEN_READWRITE
            case .create: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
            }
        // A path with this start is never read as `:memory:` or as a `file:` URI.
        let plain = path.hasPrefix("/") ? path : "./" + path
        if case .create = access { Self.createPrivately(plain) }
        var opened: OpaquePointer?
        let code = unsafe sqlite3_open_v2(plain, &opened, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nil)
        guard let handle = unsafe opened, code == SQLITE_OK else {
            let message = unsafe String(cString: sqlite3_errstr(code))
            unsafe sqlite3_close_v2(opened)
            throw LedgerError(sqlite: code, message: message, path: path, operation: "open \(path)")
        }
        unsafe self.handle = handle
        self.path = path
    }

    /// Creates a missing file with mode 0600, which SQLite then gives to its log too: keys and findings are not for
    /// everybody. SQLite reports what goes wrong.
    private static func createPrivately(_ path: String) {
        let file = unsafe open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
        if file >= 0 { close(file) }
    }

    // SQLite keeps the connection until the last statement on it is finalized.
    deinit { unsafe sqlite3_close_v2(handle) }

    /// Whether a transaction is open. A failure inside one may have ended it (sqlite.org, "sqlite3_get_autocommit").
    var isInTransaction: Bool { unsafe sqlite3_get_autocommit(handle) == 0 }

    var isReadOnly: Bool { unsafe sqlite3_db_readonly(handle, "main") == 1 }

    /// Whether the open file was removed from its path or replaced: nothing would read what is written to it.
    var hasMoved: Bool {
        var moved: CInt = 0
        let code = unsafe withUnsafeMutablePointer(to: &moved) {
            unsafe sqlite3_file_control(handle, "main", SQLITE_FCNTL_HAS_MOVED, $0)
        }
        return code == SQLITE_OK && moved != 0
    }

    /// Sets how long a call waits for another process's lock before it fails as busy.
    func wait(atMost time: Duration) {
        let milliseconds = time.components.seconds * 1000 + time.components.attoseconds / 1_000_000_000_000_000
        unsafe sqlite3_busy_timeout(handle, Int32(clamping: milliseconds))
    }

    /// Runs statements without parameters and discards their rows.
    func execute(_ sql: String, _ operation: String) throws(LedgerError) {
        guard unsafe sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK else {
            throw LedgerError(of: self, operation)
        }
    }
}
