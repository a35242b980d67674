import Domain

extension SQLiteConnection {
    func latestJobs(of objects: [ObjectVersion]) throws(LedgerError) -> [JobRecord?] {
        var found: [JobRecord?] = []
        found.reserveCapacity(objects.count)
        for object in objects { found.append(try latestJob(of: object)) }
        return found
    }

    private func latestJob(of object: ObjectVersion) throws(LedgerError) -> JobRecord? {
        guard let search = SQLiteObjectSearch(object) else { return nil }
        return try first(search.sql, search.values) { (row) throws(LedgerError) in
            try JobRecord(row, &sets, operation)
        }
    }
}

/// The statement that finds the latest job of one version of an object.
struct SQLiteObjectSearch {
    let sql: String
    let values: [SQLValue]

    /// Returns nil if the object has neither a version id nor an ETag.
    init?(_ object: ObjectVersion) {
        let (index, condition, name): (String, String, String)
        switch (object.versionID, object.etag) {
        case (let version?, _): (index, condition, name) = ("jobs_by_version", "version_id = ?3", version)
        case (nil, let etag?): (index, condition, name) = ("jobs_by_etag", "version_id IS NULL AND etag = ?3", etag)
        case (nil, nil): return nil
        }
        // The index has the order as well: one row is read, however often the key or the same bytes were uploaded.
        sql = """
            SELECT \(JobColumn.selectList) FROM jobs INDEXED BY \(index)
            WHERE key = ?1 AND bucket = ?2 AND \(condition)
            ORDER BY coalesce(event_time, first_received_at) DESC, jobs.number DESC LIMIT 1
            """
        values = [SQLValue(object.key), .text(object.bucket), .text(name)]
    }
}
