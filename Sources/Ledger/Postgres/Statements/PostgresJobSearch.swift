import Domain

/// The statement for a `JobQuery`.
struct PostgresJobSearch {
    private var conditions: [String] = []
    private var values: [SQLValue] = []
    private let limit: Int

    /// Takes every condition but `before` and `signaturesBefore`, which need a query of their own.
    init(_ query: JobQuery) {
        limit = max(0, query.limit)
        if let outcome = query.outcome { require("outcome = ?", .text(outcome.rawValue)) }
        if query.openOnly { require("outcome IS NULL") }
        if query.strandedOnly { require("stranded_at IS NOT NULL") }
        if let time = query.unclaimedSince {
            // A job is claimed after it was received, so jobs received later need not be read.
            require("outcome IS NULL AND first_received_at < ?", SQLValue(time))
            require("\(JobConditions.lastClaim) < ?", SQLValue(time))
        }
        if !query.verdicts.isEmpty { require(JobConditions.verdicts(query.verdicts)) }
        if let disposition = query.disposition { require("disposition = ?", .text(disposition.rawValue)) }
        if let reason = query.reason {
            // The first condition is that of the index.
            require("(lists IS NOT NULL OR error IS NOT NULL)")
            require(
                "(lists ~ ? OR strpos(error, ?) > 0)", .text(JudgementLists.pattern(naming: reason)), .text(reason))
        }
        if let finding = query.finding {
            require("(lists IS NOT NULL OR error IS NOT NULL)")
            require("lists ~ ?", .text(JudgementLists.pattern(naming: finding, isWhole: true)))
        }
        if let type = query.type { conditions.append(JobConditions.type(type) { parameter($0) }) }
        if let uploader = query.uploader {
            let value = parameter(.text(uploader))
            conditions.append("left(principal, 256) = left(\(value), 256) AND principal = \(value)")
        }
        if !query.reviews.isEmpty { conditions.append(JobConditions.reviews(query.reviews)) }
        if let hash = query.sha256 { require("sha256 = ?", .text(hash)) }
        if let pipeline = query.pipeline { require("pipeline = ?", .text(pipeline)) }
        if let bucket = query.bucket { require("bucket = ?", .text(bucket)) }
        if let prefix = query.prefix, !prefix.isEmpty {
            let bytes = Array(prefix.utf8)
            require("key >= ? AND key < ?", .bytes(bytes), .bytes(JobConditions.successor(of: bytes)))
        }
        if let since = query.since { require("first_received_at >= ?", SQLValue(since)) }
        if let until = query.until { require("first_received_at < ?", SQLValue(until)) }
    }

    mutating func start(after cursor: JobCursor) {
        require("(first_received_at, jobs.number) < (?, ?)", .integer(cursor.receivedAt), .integer(cursor.number))
    }

    /// - Parameters:
    ///   - time: when the newest job with one of the sets was received.
    ///   - further: the sets of a further inspection with which a job still matches; nil for any.
    mutating func require(signatureSets: [Int64], receivedUntil time: Int64, further: [Int64]?) {
        require(
            "signature_set = ANY (?::text::bigint[]) AND first_received_at <= ?", .text(arrayLiteral(signatureSets)),
            .integer(time))
        if let further {
            require(JobConditions.isInspected(only: "= ANY (?::text::bigint[])"), .text(arrayLiteral(further)))
        }
    }

    /// Not prepared, so that the server plans for these very values.
    var statement: PostgresStatement {
        PostgresStatement(
            """
            SELECT \(JobColumn.selectList) FROM jobs \(conditions.isEmpty ? "" : "WHERE ")\(conditions.joined(separator: " AND "))
            ORDER BY first_received_at DESC, jobs.number DESC LIMIT \(limit)
            """, values, isPrepared: false)
    }

    private mutating func parameter(_ value: SQLValue) -> String {
        values.append(value)
        return "$\(values.count)"
    }

    /// - Parameter condition: has a question mark for each value.
    private mutating func require(_ condition: String, _ newValues: SQLValue...) {
        var text = ""
        var next = values.count
        for character in condition {
            if character == "?" { next += 1 }
            text += character == "?" ? "$\(next)" : String(character)
        }
        conditions.append(text)
        values += newValues
    }
}

/// An array in the text format of the server.
func arrayLiteral(_ numbers: [Int64]) -> String { "{\(numbers.map(String.init).joined(separator: ","))}" }
