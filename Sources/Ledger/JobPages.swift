import Domain

extension Ledger {
    /// Lists jobs a page at a time, so that a list of any length takes the memory of one page.
    ///
    /// - Parameters:
    ///   - size: of a page, in jobs.
    ///   - visit: gets the pages in the list's order; none is empty.
    /// - Returns: how many jobs there were; at most the query's limit.
    @discardableResult
    package func eachPage(
        of query: JobQuery, size: Int = 1000, _ visit: ([JobRecord]) async -> Void
    ) async throws(LedgerError) -> Int {
        var (query, count) = (query, 0)
        let limit = query.limit
        while count < limit {
            query.limit = min(size, limit - count)
            let page = try await jobs(query)
            guard let last = page.last else { break }
            count += page.count
            await visit(page)
            guard page.count == query.limit else { break }
            query.before = last.job.id
        }
        return count
    }
}
