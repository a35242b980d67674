import CPostgres
import Glibc
import Support

/// A statement and its values.
struct PostgresStatement: Sendable {
    let sql: String
    let values: [SQLValue]
    /// The parameters behind the values.
    let arrays: [PostgresArray]
    /// Whether the statement is prepared on the server and used again. Not for texts with many variants.
    let isPrepared: Bool

    init(_ sql: String, _ values: [SQLValue] = [], arrays: [PostgresArray] = [], isPrepared: Bool = true) {
        self.sql = sql
        self.values = values
        self.arrays = arrays
        self.isPrepared = isPrepared
    }

    /// The types of the parameters, as object identifiers.
    fileprivate var types: [UInt32] { values.map(\.type) + arrays.map(\.type) }
}

/// Owns one connection. It is used by one thread at a time. Each call has a time-out; after `lost` the connection is
/// unusable.
@safe struct PostgresConnection: ~Copyable {
    private let handle: OpaquePointer

    /// Connects.
    ///
    /// - Parameter address: a URI as libpq reads it ("Connection URIs" in its manual). Settings that it does not have
    ///   come from libpq's environment variables and its password file.
    static func open(_ address: Secret) throws(PostgresFailure) -> PostgresConnection {
        // Later settings win; those of the address are inserted where `dbname` is.
        let settings = [
            ("connect_timeout", "10"), ("keepalives_idle", "15"), ("keepalives_interval", "5"),
            ("keepalives_count", "3"), ("tcp_user_timeout", "30000"), ("fallback_application_name", "lazaret"),
            ("dbname", address.exposed), ("client_encoding", "UTF8"),
        ]
        let started = unsafe withCStrings(settings.map(\.0)) { names in
            unsafe withCStrings(settings.map(\.1)) { values in unsafe PQconnectStartParams(names, values, 1) }
        }
        guard let handle = unsafe started else { throw .lost(message: "out of memory") }
        let connection = unsafe PostgresConnection(owning: handle)
        try connection.establish()
        return connection
    }

    private init(owning handle: OpaquePointer) { unsafe self.handle = handle }

    deinit { unsafe PQfinish(handle) }

    private borrowing func establish() throws(PostgresFailure) {
        // Discards notices, which libpq would print to stderr.
        unsafe PQsetNoticeProcessor(handle, { _, _ in }, nil)
        // Without this, a failed connection has no SQLSTATE, only a message in the server's language.
        unsafe PQsetErrorVerbosity(handle, PQERRORS_VERBOSE)
        guard unsafe PQstatus(handle) != CONNECTION_BAD else { throw connectError }
        let (timeout, hosts) = connectTimeout
        let deadline = ContinuousClock.now + timeout * hosts
        var (host, hostDeadline) = (currentHost, ContinuousClock.now + timeout)
        var next = PGRES_POLLING_WRITING
        while next != PGRES_POLLING_OK {
            guard next != PGRES_POLLING_FAILED else { throw connectError }
            let events = next == PGRES_POLLING_READING ? POLLIN : POLLOUT
            if try !wait(for: events, until: min(hostDeadline, deadline)) {
                guard hostDeadline < deadline else { throw .lost(message: "the server did not answer in time") }
                hostDeadline = .now + timeout
                // A dead machine sends no reply. libpq tries the next host once this one's socket fails.
                guard unsafe PQstatus(handle) == CONNECTION_STARTED else { continue }
                shutdown(unsafe PQsocket(handle), CInt(SHUT_RDWR))
            }
            next = unsafe PQconnectPoll(handle)
            if currentHost != host { (host, hostDeadline) = (currentHost, .now + timeout) }
        }
        guard unsafe PQsetnonblocking(handle, 1) == 0 else { throw connectError }
    }

    /// The host and port that libpq is trying.
    private var currentHost: String {
        let host = unsafe PQhost(handle).map { unsafe String(cString: $0) } ?? ""
        return host + (unsafe PQport(handle).map { unsafe ":" + String(cString: $0) } ?? "")
    }

    /// `connect_timeout`, which applies to each host, and the number of hosts in the address.
    private var connectTimeout: (timeout: Duration, hosts: Int) {
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
        // libpq waits forever if it is 0 or less.
        return (.seconds(min(seconds > 0 ? seconds : 600, 600)), hosts)
    }

    /// Sends the statements in one pipeline and returns their results. They are one transaction, unless one of them
    /// begins or ends a transaction. If one fails, none takes effect, and its failure is thrown.
    ///
    /// - Parameters:
    ///   - statements: each with the name that it was prepared under, if it was prepared.
    ///   - early: how many of the results the server sends before it runs the other statements; nil leaves that to it.
    ///   - read: called with each result as it arrives, and its index.
    borrowing func run(
        _ statements: [(statement: PostgresStatement, name: String?)], within timeout: Duration, early: Int? = nil,
        _ read: (Int, PostgresResult) -> Void = { _, _ in }
    ) throws(PostgresFailure) -> [PostgresResult] {
        let deadline = ContinuousClock.now + timeout
        try check(unsafe PQenterPipelineMode(handle))
        for (index, (statement, name)) in statements.enumerated() {
            if index == early { try check(unsafe PQsendFlushRequest(handle)) }
            try send(statement, name)
        }
        try check(unsafe PQpipelineSync(handle))
        var results: [PostgresResult] = []
        var failure: PostgresFailure?
        // At most two results for each statement and one for the end, counting nil ones.
        for _ in 0...(2 * statements.count + 2) {
            guard let result = try nextResult(until: deadline) else { continue }
            switch result.status {
            case PGRES_PIPELINE_SYNC:
                try check(unsafe PQexitPipelineMode(handle))
                if let failure { throw failure }
                return results
            case PGRES_COMMAND_OK, PGRES_TUPLES_OK:
                read(results.count, result)
                results.append(result)
            case PGRES_PIPELINE_ABORTED: break
            default:
                failure = failure ?? result.failure
                guard unsafe PQstatus(handle) == CONNECTION_OK else { throw failure ?? connectionFailure }
            }
        }
        throw .lost(message: "libpq returned no end of the results")
    }

    private borrowing func send(_ statement: PostgresStatement, _ name: String?) throws(PostgresFailure) {
        var bytes: [UInt8] = []
        var offsets: [Int?] = []
        var lengths: [Int32] = []
        for value in statement.values {
            let start = bytes.count
            offsets.append(value.append(to: &bytes) ? start : nil)
            lengths.append(Int32(bytes.count - start))
        }
        for array in statement.arrays {
            let start = bytes.count
            array.append(to: &bytes)
            offsets.append(start)
            lengths.append(Int32(bytes.count - start))
        }
        // An empty value needs an address too: a null pointer means NULL.
        bytes.append(0)
        let formats = [Int32](repeating: 1, count: offsets.count)
        let count = Int32(offsets.count)
        let sent = unsafe bytes.withUnsafeBytes { bytes in
            let base = unsafe bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
            let values = unsafe offsets.map { offset in unsafe offset.flatMap { unsafe base?.advanced(by: $0) } }
            guard let name else {
                return unsafe PQsendQueryParams(
                    handle, statement.sql, count, statement.types, values, lengths, formats, 1)
            }
            return unsafe PQsendQueryPrepared(handle, name, count, values, lengths, formats, 1)
        }
        try check(sent)
    }

    /// Prepares a statement on the server under a name.
    borrowing func prepare(
        _ statement: PostgresStatement, as name: String, within timeout: Duration
    ) throws(PostgresFailure) {
        let types = statement.types
        try check(unsafe PQsendPrepare(handle, name, statement.sql, Int32(types.count), types))
        try finish(until: .now + timeout)
    }

    /// Runs statements without values and discards their results. They are one transaction, unless they begin one.
    borrowing func script(_ sql: String, within timeout: Duration) throws(PostgresFailure) {
        try check(unsafe PQsendQuery(handle, sql))
        try finish(until: .now + timeout)
    }

    private borrowing func finish(until deadline: ContinuousClock.Instant) throws(PostgresFailure) {
        var failure: PostgresFailure?
        while let result = try nextResult(until: deadline) {
            let isGood = result.status == PGRES_COMMAND_OK || result.status == PGRES_TUPLES_OK
            if !isGood { failure = failure ?? result.failure }
        }
        if let failure { throw failure }
    }

    /// Whether the server has closed the connection, or is closing it, since the last result.
    var isStale: Bool {
        for _ in 0..<4 {
            guard (try? wait(for: POLLIN, until: .now)) == true else { return unsafe PQstatus(handle) != CONNECTION_OK }
            guard unsafe PQconsumeInput(handle) == 1 else { return true }
            while let notice = unsafe PQnotifies(handle) { unsafe PQfreemem(notice) }
        }
        return true
    }

    /// A setting that the server reported when the connection was opened.
    func setting(_ name: String) -> String? {
        unsafe PQparameterStatus(handle, name).map { unsafe String(cString: $0) }
    }

    /// Returns the next result; nil after the last one of a statement.
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

    /// Returns whether the socket became ready before the deadline.
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

    private borrowing func check(_ status: Int32) throws(PostgresFailure) {
        guard status == 1 else { throw connectionFailure }
    }

    /// Why the connection could not be opened.
    private var connectError: PostgresFailure { PostgresFailure(connecting: errorMessage) }

    /// Why the connection was lost.
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
        // Not nil: the list has at least the null at its end.
        unsafe body(list.baseAddress!)
    }
}
