import Domain

extension PostgresSession {
    /// The latest job of each of some states of objects, all asked for at once; nil where there is none.
    func latestJobs(of objects: [ObjectVersion]) throws(PostgresFailure) -> [JobRecord?] {
        let questions = objects.map(PostgresStatement.init(latestJobOf:))
        var results = try run(questions.compactMap { $0 })[...]
        var found: [JobRecord?] = []
        found.reserveCapacity(objects.count)
        for question in questions {
            guard question != nil, let result = results.popFirst(), result.count > 0 else {
                found.append(nil)
                continue
            }
            found.append(try record(result[0]))
        }
        return found
    }
}

extension PostgresStatement {
    /// Nil for a state that nothing names.
    fileprivate init?(latestJobOf object: ObjectVersion) {
        let state: String
        let name: String
        switch (object.versionID, object.etag) {
        case (let version?, _): (state, name) = ("version_id = $3", version)
        case (nil, let etag?): (state, name) = ("version_id IS NULL AND etag = $3", etag)
        case (nil, nil): return nil
        }
        self.init(
            """
            SELECT \(JobRow.columns) FROM jobs WHERE key = $1 AND bucket = $2 AND \(state)
            ORDER BY coalesce(event_time, first_received_at) DESC, jobs.number DESC LIMIT 1
            """, [.bytes(Array(object.key.text.utf8)), .text(object.bucket), .text(name)])
    }
}
