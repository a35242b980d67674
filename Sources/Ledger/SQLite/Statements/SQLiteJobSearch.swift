import Domain

/// The statement for a `JobQuery`.
struct SQLiteJobSearch {
    let sql: String
    let values: [SQLValue]

    /// The signature sets that match, and when the newest job with one of them was received.
    struct Signatures {
        let sets: [Int64]
        let newestReceipt: Int64
        /// The sets of a further inspection with which a job still matches; nil for any.
        let ofFurtherInspection: [Int64]?
    }

    /// - Parameter signatures: nil if any set matches.
    init(
        _ query: JobQuery, using index: SQLiteSearchIndex, after cursor: JobCursor?,
        judgedBy signatures: Signatures? = nil
    ) {
        var conditions: [String] = []
        var values: [SQLValue] = []
        func parameter(_ value: SQLValue) -> String {
            values.append(value)
            return "?\(values.count)"
        }
        if let outcome = query.outcome { conditions.append("outcome = " + parameter(.text(outcome.rawValue))) }
        if query.openOnly { conditions.append("outcome IS NULL") }
        if query.strandedOnly { conditions.append("stranded_at IS NOT NULL") }
        if let time = query.unclaimedSince {
            let time = parameter(SQLValue(time))
            // A job is claimed after it was received, so jobs received later need not be read.
            conditions.append(
                "outcome IS NULL AND first_received_at < \(time) AND \(JobConditions.lastClaim) < \(time)")
        }
        if !query.verdicts.isEmpty { conditions.append(JobConditions.verdicts(query.verdicts)) }
        if let disposition = query.disposition {
            conditions.append("disposition = " + parameter(.text(disposition.rawValue)))
        }
        if let reason = query.reason {
            let reason = parameter(.text(reason))
            // The first condition is that of the index.
            conditions.append(JudgementLists.hasReason)
            conditions.append("(EXISTS (\(Self.findings(naming: reason))) OR instr(error, \(reason)) > 0)")
        }
        conditions += Self.reviewConditions(query, parameter)
        if let signatures { conditions += Self.conditions(signatures, parameter) }
        if let pipeline = query.pipeline { conditions.append("pipeline = " + parameter(.text(pipeline))) }
        if let bucket = query.bucket { conditions.append("bucket = " + parameter(.text(bucket))) }
        if let prefix = query.prefix, !prefix.isEmpty {
            let bytes = Array(prefix.utf8)
            conditions.append(
                "key >= " + parameter(.bytes(bytes)) + " AND key < "
                    + parameter(.bytes(JobConditions.successor(of: bytes)))
            )
        }
        if let since = query.since {
            conditions.append("first_received_at >= " + parameter(SQLValue(since)))
        }
        if let until = query.until {
            conditions.append("first_received_at < " + parameter(SQLValue(until)))
        }
        if let cursor {
            conditions.append(
                "(first_received_at, jobs.number) < (" + parameter(.integer(cursor.receivedAt)) + ", "
                    + parameter(.integer(cursor.number)) + ")")
        }
        let limit = parameter(SQLValue(max(0, query.limit)))
        sql = """
            SELECT \(JobColumn.selectList) FROM jobs INDEXED BY \(index.rawValue) \(conditions.isEmpty ? "" : "WHERE ")\(conditions.joined(separator: " AND "))
            ORDER BY first_received_at DESC, jobs.number DESC LIMIT \(limit)
            """
        self.values = values
    }

    private static func conditions(_ signatures: Signatures, _ parameter: (SQLValue) -> String) -> [String] {
        func isAmong(_ sets: [Int64]) -> String {
            "IN (SELECT value FROM json_each(\(parameter(.text(jsonArray(sets))))))"
        }
        return [
            "signature_set \(isAmong(signatures.sets))",
            "first_received_at <= " + parameter(.integer(signatures.newestReceipt)),
        ] + (signatures.ofFurtherInspection.map { [JobConditions.isInspected(only: isAmong($0))] } ?? [])
    }

    private static func reviewConditions(_ query: JobQuery, _ parameter: (SQLValue) -> String) -> [String] {
        var conditions: [String] = []
        if let finding = query.finding {
            conditions.append(JudgementLists.hasReason)
            conditions.append(
                """
                EXISTS (SELECT 1 FROM json_each(lists, '$.findings') AS finding
                    WHERE json_extract(finding.value, '$.name') = \(parameter(.text(finding))))
                """)
        }
        if let hash = query.sha256 { conditions.append("sha256 = " + parameter(.text(hash))) }
        if let type = query.type {
            conditions.append("\(JobConditions.typeColumn) IS NOT NULL")
            conditions.append(hasType(type, parameter))
        }
        if let uploader = query.uploader { conditions.append("principal = " + parameter(.text(uploader))) }
        if !query.reviews.isEmpty { conditions.append(JobConditions.reviews(query.reviews)) }
        if query.hasNoReview { conditions.append("review IS NULL") }
        return conditions
    }

    /// - Parameters:
    ///   - type: `image/png`, or `image/*` for all that start so.
    ///   - parameter: adds a value and returns its parameter.
    private static func hasType(_ type: String, _ parameter: (SQLValue) -> String) -> String {
        let column = JobConditions.typeColumn
        guard type.hasSuffix("*") else { return "\(column) = \(parameter(.text(type)))" }
        let start = String(type.dropLast())
        return "substr(\(column), 1, \(start.unicodeScalars.count)) = \(parameter(.text(start)))"
    }

    private static func findings(naming part: String) -> String {
        """
        SELECT 1 FROM json_each(lists, '$.findings') AS finding
        WHERE instr(json_extract(finding.value, '$.name'), \(part)) > 0
        """
    }
}

/// A JSON array for `json_each`.
func jsonArray(_ numbers: [Int64]) -> String { "[\(numbers.map(String.init).joined(separator: ","))]" }
