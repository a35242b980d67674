import Domain

extension Connection {
    func latestJobs(of objects: [ObjectVersion]) throws(LedgerError) -> [JobRecord?] {
        var found: [JobRecord?] = []
        found.reserveCapacity(objects.count)
        for object in objects { found.append(try latestJob(of: object)) }
        return found
    }

    private func latestJob(of object: ObjectVersion) throws(LedgerError) -> JobRecord? {
        guard let search = ObjectSearch(object) else { return nil }
        return try first(search.sql, search.values) { (row) throws(LedgerError) in
            try JobRow.record(row, &sets, operation)
        }
    }
}

/// The statement that looks for the jobs of one state of an object.
struct ObjectSearch {
    let sql: String
    let values: [SQLiteValue]

    /// Nil for a state that nothing names.
    init?(_ object: ObjectVersion) {
        let state: String
        let name: String
        switch (object.versionID, object.etag) {
        case (let version?, _): (state, name) = ("version_id = ?3", version)
        case (nil, let etag?): (state, name) = ("version_id IS NULL AND etag = ?3", etag)
        case (nil, nil): return nil
        }
        // The plus keeps SQLite from the index of buckets: a bucket may have a million jobs, and a key has a few.
        sql = """
            SELECT \(JobRow.columns) FROM jobs WHERE key = ?1 AND +bucket = ?2 AND \(state)
            ORDER BY coalesce(event_time, first_received_at) DESC, jobs.number DESC LIMIT 1
            """
        values = [.blob(Array(object.key.text.utf8)), .text(object.bucket), .text(name)]
    }
}
