import Domain

/// The statement for a `JobQuery`.
struct PostgresJobSearch {
    private var conditions: [String] = []
    private var values: [SQLValue] = []
    private let limit: Int
    private var table = "jobs"

    /// Takes every condition but `before` and `signaturesBefore`, which need a query of their own.
    ///
    /// - Parameter numbers: of the only jobs that can match; nil if any can.
    init(_ query: JobQuery, among numbers: [Int64]?) {
        limit = max(0, query.limit)
        if let numbers {
            // The offset keeps the planner from looking for them among the newest jobs.
            let list = parameter(.text(arrayLiteral(numbers)))
            table = "(SELECT * FROM jobs WHERE number = ANY (\(list)::text::bigint[]) OFFSET 0) AS jobs"
        }
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
            require(JudgementLists.hasReason)
            require(
                "(lists ~ ? OR strpos(error, ?) > 0)", .text(JudgementLists.pattern(naming: reason)), .text(reason))
        }
        if let finding = query.finding {
            require(JudgementLists.hasReason)
            require("lists ~ ?", .text(JudgementLists.pattern(naming: finding, isWhole: true)))
        }
        if let type = query.type { require(type: type) }
        if let uploader = query.uploader {
            require("principal IS NOT NULL AND left(principal, 256) = left(?, 256)", .text(uploader))
            // The planner would take a second condition for a rarer one, and sort.
            if uploader.unicodeScalars.count >= 256 { require("principal = ?", .text(uploader)) }
        }
        if !query.reviews.isEmpty { conditions.append(JobConditions.reviews(query.reviews)) }
        if query.hasNoReview { conditions.append("review IS NULL") }
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
            // Not by the index of signature sets, in whose order the jobs would have to be sorted.
            "signature_set + 0 = ANY (?::text::bigint[]) AND first_received_at <= ?",
            .text(arrayLiteral(signatureSets)),
            .integer(time))
        if let further {
            require(JobConditions.isInspected(only: "= ANY (?::text::bigint[])"), .text(arrayLiteral(further)))
        }
    }

    /// Not prepared, so that the server plans for these very values.
    var statement: PostgresStatement {
        PostgresStatement(
            """
            SELECT \(JobColumn.selectList) FROM \(table) \(conditions.isEmpty ? "" : "WHERE ")\(conditions.joined(separator: " AND "))
            ORDER BY first_received_at DESC, jobs.number DESC LIMIT \(limit)
            """, values, isPrepared: false)
    }

    /// - Parameter type: `image/png`, or `image/*` for all that start so.
    private mutating func require(type: String) {
        let (column, indexed) = (JobConditions.typeColumn, "left(\(JobConditions.typeColumn), 128) COLLATE \"C\"")
        require("\(column) IS NOT NULL")
        guard type.hasSuffix("*") else {
            require("\(indexed) = left(?, 128)", .text(type))
            if type.unicodeScalars.count >= 128 { require("\(column) = ?", .text(type)) }
            return
        }
        let start = String(type.dropLast())
        let known = String(String.UnicodeScalarView(start.unicodeScalars.prefix(128)))
        require("\(indexed) >= ?", .text(known))
        if let end = known.successor {
            require("\(indexed) < ?", .text(end))
            if start.unicodeScalars.count <= 128 { return }
        }
        require("left(\(column), ?::bigint::integer) = ?", .integer(Int64(start.unicodeScalars.count)), .text(start))
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

extension String {
    /// The first text after all that start so, in the order of bytes; nil if it is not known.
    fileprivate var successor: String? {
        guard let last = unicodeScalars.last, let next = Unicode.Scalar(last.value + 1) else { return nil }
        return String(String.UnicodeScalarView(unicodeScalars.dropLast())) + String(next)
    }
}

/// An array in the text format of the server.
func arrayLiteral(_ numbers: [Int64]) -> String { "{\(numbers.map(String.init).joined(separator: ","))}" }
