import Domain

/// A column of `reviews`. The state is in `jobs.review`.
enum ReviewColumn: String, TableColumn {
    case actor
    case changedAt = "changed_at"
    case reason
    case placeBucket = "place_bucket"
    case placeKey = "place_key"
    case placeVersion = "place_version"
    case approvedBy = "approved_by"
    case approvedAt = "approved_at"
    case approvalReason = "approval_reason"
    case workCount = "work_count"
    case work
    case targetBucket = "target_bucket"
    case targetKey = "target_key"
    case requestedBy = "requested_by"
    case requestedAt = "requested_at"
    case requestReason = "request_reason"
    case rememberedUntil = "remembered_until"
    case worker
    case claimedUntil = "claimed_until"

    static let selected = allCases
}

extension Review {
    private typealias Column = ReviewColumn

    static let bindings = ColumnBindings<ReviewColumn, Review>([
        (.actor, { SQLValue($0.change?.actor) }),
        (.changedAt, { SQLValue($0.change?.at) }),
        (.reason, { SQLValue($0.change?.reason) }),
        (.placeBucket, { SQLValue($0.place?.location.bucket) }),
        (.placeKey, { SQLValue($0.place?.location.key) }),
        (.placeVersion, { SQLValue($0.place?.versionID) }),
        (.approvedBy, { SQLValue($0.approval?.actor) }),
        (.approvedAt, { SQLValue($0.approval?.at) }),
        (.approvalReason, { SQLValue($0.approval?.reason) }),
        (.workCount, { SQLValue($0.workCount) }),
        (.work, { SQLValue($0.work?.kind.rawValue) }),
        (.targetBucket, { SQLValue($0.work?.target?.bucket) }),
        (.targetKey, { SQLValue($0.work?.target?.key) }),
        (.requestedBy, { SQLValue($0.work?.request.actor) }),
        (.requestedAt, { SQLValue($0.work?.request.at) }),
        (.requestReason, { SQLValue($0.work?.request.reason) }),
        (.rememberedUntil, { SQLValue($0.work?.rememberedUntil) }),
        (.worker, { SQLValue($0.work?.worker) }),
        (.claimedUntil, { SQLValue($0.work?.until) }),
    ])

    /// Inserts the row of a job, whose number is the last parameter, or replaces it.
    ///
    /// - Parameter parameter: returns the name of the parameter at an index.
    static func upsert(_ parameter: (Int) -> String) -> String {
        let columns = bindings.columns
        let values = columns.indices.map { parameter($0 + 1) } + [parameter(columns.count + 1)]
        return """
            INSERT INTO reviews (\(columns.list), job) VALUES (\(values.joined(separator: ", ")))
            ON CONFLICT (job) DO UPDATE SET \(bindings.assignments { _, column in "excluded.\(column.rawValue)" })
            """
    }

    /// Reads a row of `ReviewColumn.selectList`.
    init(
        _ row: borrowing some LedgerRow & ~Copyable, _ state: ReviewState?, _ operation: String
    ) throws(LedgerError) {
        self.init(state: state)
        change = entry(row.text(Column.actor), row.optionalTime(Column.changedAt), row.text(Column.reason))
        approval = entry(
            row.text(Column.approvedBy), row.optionalTime(Column.approvedAt), row.text(Column.approvalReason))
        workCount = Int(row.integer(Column.workCount))
        place = try location(row.text(Column.placeBucket), row.text(Column.placeKey), operation)
            .map { Destination($0, versionID: row.text(Column.placeVersion)) }
        guard let word = row.text(Column.work) else { return }
        let request = entry(
            row.text(Column.requestedBy), row.optionalTime(Column.requestedAt), row.text(Column.requestReason))
        guard let kind = ReviewWork.Kind(rawValue: word), let request else {
            throw .corrupt(operation, "a review has the unknown work \"\(word)\", or nobody asked for it")
        }
        work = ReviewWork(
            kind: kind, target: try location(row.text(Column.targetBucket), row.text(Column.targetKey), operation),
            request: request, rememberedUntil: row.optionalTime(Column.rememberedUntil),
            worker: row.text(Column.worker) ?? "", until: row.time(Column.claimedUntil),
            number: workCount)
    }
}

private func entry(_ actor: String?, _ at: Timestamp?, _ reason: String?) -> ReviewEntry? {
    guard let actor, let at else { return nil }
    return ReviewEntry(actor: actor, at: at, reason: reason ?? "")
}

private func location(
    _ bucket: String?, _ key: String?, _ operation: String
) throws(LedgerError) -> ObjectLocation? {
    guard let bucket else { return nil }
    guard let key = key.flatMap({ ObjectKey($0) }) else {
        throw .corrupt(operation, "a review names the bucket \(bucket) without a key")
    }
    return ObjectLocation(bucket: bucket, key: key)
}

/// A column of `review_notes`.
enum NoteColumn: String, TableColumn {
    case at, actor, text

    static let selected = allCases
}

extension ReviewEntry {
    /// Reads a row of `NoteColumn.selectList`.
    init(note row: borrowing some LedgerRow & ~Copyable) {
        self.init(
            actor: row.text(NoteColumn.actor) ?? "", at: row.time(NoteColumn.at),
            reason: row.text(NoteColumn.text) ?? "")
    }
}
