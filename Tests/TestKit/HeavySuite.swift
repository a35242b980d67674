internal import CTestKit
internal import Support
package import Testing

/// Runs one suite with this trait at a time.
///
/// For suites that keep the processors busy: if several ran at once, their tests would exceed their time limits. A
/// suite waits before its tests begin, so waiting does not count against their time limits.
package struct HeavySuite: SuiteTrait, TestScoping {
    private static let turns = AsyncSemaphore(1)

    @concurrent package func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable @concurrent () async throws -> Void
    ) async throws {
        precondition(test_width() != nil, "the number of concurrent tests is not limited")
        try await Self.turns.withPermit { () async throws in try await function() }
    }
}

extension Trait where Self == HeavySuite {
    /// The suite keeps the processors busy: no other heavy suite runs at the same time.
    package static var heavy: Self { Self() }
}
