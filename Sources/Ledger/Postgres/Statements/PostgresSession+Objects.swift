import Domain

extension PostgresSession {
    /// Returns the latest job of each object, found in one round trip; nil for an object without a job.
    func latestJobs(of objects: [ObjectVersion]) throws(PostgresFailure) -> [JobRecord?] {
        let statements = objects.map(PostgresStatement.init(latestJobOf:))
        var results = try run(statements.compactMap { $0 })[...]
        var found: [JobRecord?] = []
        found.reserveCapacity(objects.count)
        for statement in statements {
            guard statement != nil, let result = results.popFirst(), result.count > 0 else {
                found.append(nil)
                continue
            }
            found.append(try record(result[0]))
        }
        return found
    }
}

extension PostgresStatement {
    /// Returns nil if the object has neither a version id nor an ETag.
    fileprivate init?(latestJobOf object: ObjectVersion) {
        let condition: String
        let name: String
        switch (object.versionID, object.etag) {
        case (let version?, _): (condition, name) = ("version_id = $3", version)
        case (nil, let etag?): (condition, name) = ("version_id IS NULL AND etag = $3", etag)
        case (nil, nil): return nil
        }
        self.init(
            """
            SELECT \(JobColumn.selectList) FROM jobs WHERE key = $1 AND bucket = $2 AND \(condition)
            ORDER BY coalesce(event_time, first_received_at) DESC, jobs.number DESC LIMIT 1
            """, [SQLValue(object.key), .text(object.bucket), .text(name)])
    }
}
