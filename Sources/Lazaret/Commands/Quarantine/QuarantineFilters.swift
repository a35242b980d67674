internal import Domain
internal import Ledger

/// The objects that a `lazaret quarantine` command is asked for: job IDs, or the filters of `lazaret jobs list`.
enum QuarantineFilters {
    static let state = Flag(
        "state", "S", "only in this state: pending, held, released, deleted, expired; may be given more than once",
        choices: ReviewState.allCases.map(\.rawValue))

    /// The filters, for commands that list.
    static let listing = [state] + JobFilters.flags

    /// The flags of commands that act on objects.
    static let acting: [Flag] =
        [.ledger, .actor, Flag("reason", "TEXT", "why, for the record and the audit trail")]
        + JobFilters.flagsWithoutReason + [
            Flag("yes", "do it without asking"),
            Flag("at-most", "N", "with filters: do nothing if more objects match"),
            Flag("dry-run", "print what would be done, and change nothing"), .json,
        ]

    /// - Parameter states: those that are meant if `--state` is not given.
    static func query(
        _ arguments: Arguments, states: [ReviewState], limit: Int = 0, hasReason: Bool
    ) throws -> JobQuery {
        var query = try JobFilters.query(arguments, limit: limit, hasReason: hasReason)
        query.reviews = states
        return query
    }

    static func states(_ arguments: Arguments) throws -> [ReviewState] {
        let states = try arguments.choices("state", of: ReviewState.self)
        return states.isEmpty ? [.pending, .held] : states
    }

    /// The most bytes of a reason or a note.
    private static let longestText = 4096

    /// A text that must be given, such as a reason.
    static func text(_ name: String, _ arguments: Arguments) throws -> String {
        let text = try arguments.required(name)
        guard text.utf8.count <= longestText else {
            throw CommandFailure(.usage, "\(arguments.origin(of: name)) takes at most \(longestText) bytes")
        }
        return text
    }

    /// Reads the jobs that a command acts on.
    ///
    /// - Parameters:
    ///   - serving: `JobQuery.servingSignatures`.
    ///   - refine: further conditions that the ledger does not check.
    static func jobs(
        _ arguments: Arguments, states: [ReviewState], serving: [SignatureDatabase]? = nil, _ ledger: any Ledger,
        where refine: (JobRecord) -> Bool = { _ in true }
    ) async throws -> [JobRecord] {
        let ids = try arguments.jobIDs()
        let hasFilter = try JobFilters.query(arguments, limit: 0, hasReason: false) != JobQuery(limit: 0)
        guard ids.isEmpty else {
            if hasFilter { throw CommandFailure(.usage, "select objects either by job ID or by filters, not both") }
            var records: [JobRecord] = []
            for id in ids {
                let found = try await readLedger { () async throws(LedgerError) in try await ledger.job(id) }
                guard let found else { throw CommandFailure(.badData, "the ledger has no job \(id)") }
                records.append(found)
            }
            return records
        }
        let most = try arguments.integer("at-most", in: 1...1_000_000)
        guard let most else {
            throw CommandFailure(
                .usage, "without job IDs, --at-most N is needed: how many objects the filters may match")
        }
        var query = try query(arguments, states: states, limit: 1_000_000, hasReason: false)
        query.servingSignatures = serving
        var records: [JobRecord] = []
        var count = 0
        _ = try await readLedger { () async throws(LedgerError) in
            try await ledger.eachPage(of: query) { page in
                let matching = page.filter(refine)
                count += matching.count
                if count <= most { records += matching }
            }
        }
        guard count <= most else {
            throw CommandFailure(
                .badData, "\(count) objects match, more than --at-most \(most); nothing was changed")
        }
        return records
    }
}
