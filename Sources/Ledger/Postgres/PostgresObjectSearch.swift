import Domain

extension PostgresSession {
    func latestJobs(of objects: [ObjectVersion]) throws(PostgresFailure) -> [JobRecord?] {
        var found: [JobRecord?] = []
        found.reserveCapacity(objects.count)
        for object in objects { found.append(try latestJob(of: object)) }
        return found
    }

    private func latestJob(of object: ObjectVersion) throws(PostgresFailure) -> JobRecord? {
        let state: String
        let name: String
        switch (object.versionID, object.etag) {
        case (let version?, _): (state, name) = ("version_id = $3", version)
        case (nil, let etag?): (state, name) = ("version_id IS NULL AND etag = $3", etag)
        case (nil, nil): return nil
        }
        return try first(
            """
            SELECT \(JobRow.columns) FROM jobs WHERE key = $1 AND bucket = $2 AND \(state)
            ORDER BY coalesce(event_time, first_received_at) DESC, jobs.number DESC LIMIT 1
            """, [.bytes(Array(object.key.text.utf8)), .text(object.bucket), .text(name)]
        ) { (row) throws(PostgresFailure) in try record(row) }
    }
}
