internal import Support

/// Bounds how many attempts of a worker wait for other attempts, so that the rest of its capacity does work.
package final class WaiterLimit: Sendable {
    struct Full: Error, CustomStringConvertible {
        let max: Int
        var description: String { "another attempt has the job, and the limit of \(max) waiting attempts is reached" }
    }

    private let max: Int
    private let waiting = Locked(0)

    package init(max: Int) { self.max = max }

    /// - Parameter regardless: whether to wait even if the limit is reached.
    /// - Throws: `Full`, or the error of `body`.
    func wait<Value>(regardless: Bool, _ body: () async throws -> Value) async throws -> Value {
        let isAdmitted = waiting.withLock { waiting in
            guard regardless || waiting < max else { return false }
            waiting += 1
            return true
        }
        guard isAdmitted else { throw Full(max: max) }
        defer { waiting.withLock { $0 -= 1 } }
        return try await body()
    }
}
