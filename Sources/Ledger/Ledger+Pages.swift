import Domain

extension Ledger {
    /// Lists jobs page by page: a list of any length needs the memory of one page.
    ///
    /// - Parameters:
    ///   - size: the number of jobs in a page.
    ///   - isStopped: ends the list before its next page.
    ///   - visit: is called with each page, in the order of the list; no page is empty.
    /// - Returns: the number of jobs; at most the query's limit.
    @discardableResult
    package func eachPage(
        of query: JobQuery, size: Int = 1000, until isStopped: () -> Bool = { false },
        _ visit: ([JobRecord]) async -> Void
    ) async throws(LedgerError) -> Int {
        var (query, count) = (query, 0)
        let limit = query.limit
        while count < limit, !isStopped() {
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
