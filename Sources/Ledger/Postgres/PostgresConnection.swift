import CPostgres
import Glibc
import Support

/// A statement with its values.
struct PostgresStatement: Sendable {
    let sql: String
    let values: [PostgresValue]
    /// Whether the server keeps it for the next time. Not for texts that come in many forms.
    let isKept: Bool

    init(_ sql: String, _ values: [PostgresValue] = [], isKept: Bool = true) {
        self.sql = sql
        self.values = values
        self.isKept = isKept
    }
}

/// Owns one connection. For one thread at a time; no call waits past its patience, and after one that was lost the
/// connection is of no more use.
@safe struct PostgresConnection: ~Copyable {
    private let handle: OpaquePointer

    /// Connects.
    ///
    /// - Parameter address: a URI as libpq reads it ("Connection URIs" in its manual). What it leaves open comes from libpq's
    ///   environment variables and its password file.
    static func open(_ address: Secret) throws(PostgresFailure) -> PostgresConnection {
        // Later ones win, and the address stands among them as its own settings.
        let settings = [
            ("connect_timeout", "10"), ("keepalives_idle", "15"), ("keepalives_interval", "5"),
            ("keepalives_count", "3"), ("tcp_user_timeout", "30000"), ("fallback_application_name", "lazaret"),
            ("dbname", address.exposed), ("client_encoding", "UTF8"),
        ]
        let started = unsafe withCStrings(settings.map(\.0)) { names in
            unsafe withCStrings(settings.map(\.1)) { values in unsafe PQconnectStartParams(names, values, 1) }
        }
        guard let handle = unsafe started else { throw .lost(message: "no memory for a connection") }
        let connection = unsafe PostgresConnection(owning: handle)
        try connection.establish()
        return connection
    }

    private init(owning handle: OpaquePointer) { unsafe self.handle = handle }

    deinit { unsafe PQfinish(handle) }

    private borrowing func establish() throws(PostgresFailure) {
        // What libpq would print by itself.
        unsafe PQsetNoticeProcessor(handle, { _, _ in }, nil)
        // Else the failure of a connection has no SQLSTATE, only words in the server's language.
        unsafe PQsetErrorVerbosity(handle, PQERRORS_VERBOSE)
        guard unsafe PQstatus(handle) != CONNECTION_BAD else { throw whyUnmade }
        let (share, hosts) = connectPatience
        let deadline = ContinuousClock.now + share * hosts
        var (host, turn) = (currentHost, ContinuousClock.now + share)
        var next = PGRES_POLLING_WRITING
        while next != PGRES_POLLING_OK {
            guard next != PGRES_POLLING_FAILED else { throw whyUnmade }
            let events = next == PGRES_POLLING_READING ? POLLIN : POLLOUT
            if try !wait(for: events, until: min(turn, deadline)) {
                guard turn < deadline else { throw .lost(message: "the server did not answer in time") }
                turn = .now + share
                // A machine that is gone says nothing. libpq goes on to the next host once this one's socket fails.
                guard unsafe PQstatus(handle) == CONNECTION_STARTED else { continue }
                shutdown(unsafe PQsocket(handle), CInt(SHUT_RDWR))
            }
            next = unsafe PQconnectPoll(handle)
            if currentHost != host { (host, turn) = (currentHost, .now + share) }
        }
        guard unsafe PQsetnonblocking(handle, 1) == 0 else { throw whyUnmade }
    }

    /// The one of several that libpq tries, and its port.
    private var currentHost: String {
        let host = unsafe PQhost(handle).map { unsafe String(cString: $0) } ?? ""
        return host + (unsafe PQport(handle).map { unsafe ":" + String(cString: $0) } ?? "")
    }

    /// `connect_timeout`, for each of so many hosts that the address names.
    private var connectPatience: (share: Duration, hosts: Int) {
        var seconds = 10
        var hosts = 1
        guard let options = unsafe PQconninfo(handle) else { return (.seconds(seconds), hosts) }
        defer { unsafe PQconninfoFree(options) }
        var option = unsafe options
        while let keyword = unsafe option.pointee.keyword {
            let value = unsafe option.pointee.val.map { unsafe String(cString: $0) } ?? ""
            switch unsafe String(cString: keyword) {
            case "connect_timeout": seconds = Int(value) ?? seconds
            case "host", "hostaddr": hosts = max(hosts, value.split(separator: ",").count)
            default: break
            }
            unsafe option += 1
        }
        // To libpq 0 and less mean for ever.
        return (.seconds(min(seconds > 0 ? seconds : 600, 600)), hosts)
    }

    /// Sends the statements at once and gives their results. They are one transaction, unless one of them says
    /// otherwise: where one fails, none was done, and its failure is thrown.
    ///
    /// - Parameter statements: each with the name it was prepared by, if it was.
    borrowing func run(
        _ statements: [(statement: PostgresStatement, name: String?)], within patience: Duration
    ) throws(PostgresFailure) -> [PostgresResult] {
        let deadline = ContinuousClock.now + patience
        try check(unsafe PQenterPipelineMode(handle))
        for (statement, name) in statements { try send(statement, name) }
        try check(unsafe PQpipelineSync(handle))
        var results: [PostgresResult] = []
        var failure: PostgresFailure?
        // Two results for each statement and one for the end, counting those that are nil: more is beyond libpq.
        for _ in 0...(2 * statements.count + 2) {
            guard let result = try nextResult(until: deadline) else { continue }
            switch result.status {
            case PGRES_PIPELINE_SYNC:
                try check(unsafe PQexitPipelineMode(handle))
                if let failure { throw failure }
                return results
            case PGRES_COMMAND_OK, PGRES_TUPLES_OK: results.append(result)
            case PGRES_PIPELINE_ABORTED: break
            default:
                failure = failure ?? result.failure
                guard unsafe PQstatus(handle) == CONNECTION_OK else { throw failure ?? connectionFailure }
            }
        }
        throw .lost(message: "libpq gives no end of the answers")
    }

    private borrowing func send(_ statement: PostgresStatement, _ name: String?) throws(PostgresFailure) {
        var bytes: [UInt8] = []
        var places: [Int?] = []
        var lengths: [Int32] = []
        for value in statement.values {
            let start = bytes.count
            places.append(value.append(to: &bytes) ? start : nil)
            lengths.append(Int32(bytes.count - start))
        }
        // An empty value needs an address all the same: without one it is NULL.
        bytes.append(0)
        let formats = [Int32](repeating: 1, count: places.count)
        let count = Int32(places.count)
        let sent = unsafe bytes.withUnsafeBytes { bytes in
            let base = unsafe bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
            let values = unsafe places.map { place in unsafe place.flatMap { unsafe base?.advanced(by: $0) } }
            guard let name else {
                return unsafe PQsendQueryParams(
                    handle, statement.sql, count, statement.values.map(\.type), values, lengths, formats, 1)
            }
            return unsafe PQsendQueryPrepared(handle, name, count, values, lengths, formats, 1)
        }
        try check(sent)
    }

    /// Lets the server keep a statement under a name.
    borrowing func prepare(
        _ statement: PostgresStatement, as name: String, within patience: Duration
    ) throws(PostgresFailure) {
        let types = statement.values.map(\.type)
        try check(unsafe PQsendPrepare(handle, name, statement.sql, Int32(types.count), types))
        try finish(until: .now + patience)
    }

    /// Runs statements without values and drops what they give. Without a transaction of their own they are one.
    borrowing func script(_ sql: String, within patience: Duration) throws(PostgresFailure) {
        try check(unsafe PQsendQuery(handle, sql))
        try finish(until: .now + patience)
    }

    private borrowing func finish(until deadline: ContinuousClock.Instant) throws(PostgresFailure) {
        var failure: PostgresFailure?
        while let result = try nextResult(until: deadline) {
            let isGood = result.status == PGRES_COMMAND_OK || result.status == PGRES_TUPLES_OK
            if !isGood { failure = failure ?? result.failure }
        }
        if let failure { throw failure }
    }

    /// Whether the server has hung up, or is about to, since the last answer.
    var isStale: Bool {
        for _ in 0..<4 {
            guard (try? wait(for: POLLIN, until: .now)) == true else { return unsafe PQstatus(handle) != CONNECTION_OK }
            guard unsafe PQconsumeInput(handle) == 1 else { return true }
            while let notice = unsafe PQnotifies(handle) { unsafe PQfreemem(notice) }
        }
        return true
    }

    /// The server's setting of that name, as it told at the connection's start.
    func setting(_ name: String) -> String? {
        unsafe PQparameterStatus(handle, name).map { unsafe String(cString: $0) }
    }

    /// The next result; nil after the last one of a statement.
    private borrowing func nextResult(
        until deadline: ContinuousClock.Instant
    ) throws(PostgresFailure) -> PostgresResult? {
        while unsafe PQisBusy(handle) != 0 {
            let unsent = unsafe PQflush(handle)
            guard unsent >= 0 else { throw connectionFailure }
            guard try wait(for: unsent > 0 ? POLLIN | POLLOUT : POLLIN, until: deadline) else {
                throw .lost(message: "the server did not answer in time")
            }
            guard unsafe PQconsumeInput(handle) == 1 else { throw connectionFailure }
        }
        guard let result = unsafe PQgetResult(handle) else {
            guard unsafe PQstatus(handle) == CONNECTION_OK else { throw connectionFailure }
            return nil
        }
        return unsafe PostgresResult(owning: result)
    }

    /// Whether the socket got ready before the deadline.
    private borrowing func wait(
        for events: Int32, until deadline: ContinuousClock.Instant
    ) throws(PostgresFailure) -> Bool {
        while true {
            let left = max(.zero, deadline - .now) / .milliseconds(1)
            var socket = unsafe pollfd(fd: PQsocket(handle), events: Int16(events), revents: 0)
            let count = unsafe poll(&socket, 1, Int32(min(left.rounded(.up), 3_600_000)))
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw .lost(message: SystemError("poll").description) }
            return count > 0
        }
    }

    private borrowing func check(_ isDone: Int32) throws(PostgresFailure) {
        guard isDone == 1 else { throw connectionFailure }
    }

    /// Why there is no connection.
    private var whyUnmade: PostgresFailure { PostgresFailure(connecting: errorMessage) }

    /// Why there is none any more.
    private var connectionFailure: PostgresFailure { PostgresFailure(losing: errorMessage) }

    private var errorMessage: String { unsafe PQerrorMessage(handle).map { unsafe String(cString: $0) } ?? "" }
}

private func withCStrings<Result>(
    _ texts: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Result
) -> Result {
    let copies = unsafe texts.map { unsafe strdup($0) }
    defer { unsafe copies.forEach { unsafe free($0) } }
    let pointers = unsafe copies.map { unsafe $0.map { unsafe UnsafePointer($0) } } + [nil]
    return unsafe pointers.withUnsafeBufferPointer { list in
        // Never empty: it holds the null at its end.
        unsafe body(list.baseAddress!)
    }
}
