/// Checks that the attempt may still change objects, that is, that it holds its lease and its claim.
struct HoldCheck: Sendable {
    private let check: @Sendable () async throws -> Void

    init(_ check: @escaping @Sendable () async throws -> Void) { self.check = check }

    /// Throws `stopped` if the attempt has lost its lease or claim.
    func callAsFunction() async throws(TransferError) {
        do { try await check() } catch { throw .stopped(error) }
    }

    /// Whether a request that may replace another object's copy may be sent again.
    var isPassed: Bool { get async { (try? await check()) != nil } }
}
