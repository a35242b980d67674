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
        case (let version?, _):
            (condition, name) = ("left(version_id, 128) = left($3, 128) AND version_id = $3", version)
        case (nil, let etag?):
            (condition, name) = ("version_id IS NULL AND left(etag, 128) = left($3, 128) AND etag = $3", etag)
        case (nil, nil): return nil
        }
        // The empty bytes keep the server from the index of keys, in which a key may have any number of jobs.
        self.init(
            """
            SELECT \(JobColumn.selectList) FROM jobs
            WHERE sha256(key) = sha256($1) AND key || ''::bytea = $1 AND bucket = $2 AND \(condition)
            ORDER BY coalesce(event_time, first_received_at) DESC, jobs.number DESC LIMIT 1
            """, [SQLValue(object.key), .text(object.bucket), .text(name)])
    }
}
