internal import Support

/// Bounds how many of a worker's places are taken up by attempts that wait for other attempts, so that the rest of them
/// works.
package final class WaiterLimit: Sendable {
    /// No more may wait.
    struct Full: Error, CustomStringConvertible {
        let places: Int
        var description: String { "another attempt is at the job, and \(places) wait for others already" }
    }

    private let places: Int
    private let waiting = Locked(0)

    package init(places: Int) { self.places = places }

    /// - Parameters:
    ///   - regardless: whether to wait even where the places are taken.
    ///   - wait: what takes long.
    /// - Throws: `Full`, or what `wait` throws.
    func waiting<Value>(regardless: Bool, _ wait: () async throws -> Value) async throws -> Value {
        let isIn = waiting.withLock { waiting in
            guard regardless || waiting < places else { return false }
            waiting += 1
            return true
        }
        guard isIn else { throw Full(places: places) }
        defer { waiting.withLock { $0 -= 1 } }
        return try await wait()
    }
}
