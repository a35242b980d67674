internal import CTestKit
internal import Support
package import Testing

/// Runs two suites with this trait at a time.
///
/// For suites that keep a processor busy: if many ran at once, their tests would exceed their time limits. A suite
/// waits before its tests begin, so waiting does not count against their time limits.
package struct HeavySuite: SuiteTrait, TestScoping {
    private static let turns = AsyncSemaphore(2)

    @concurrent package func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable @concurrent () async throws -> Void
    ) async throws {
        precondition(test_width() != nil, "the number of concurrent tests is not limited")
        try await Self.turns.withPermit { () async throws in try await function() }
    }
}

extension Trait where Self == HeavySuite {
    /// The suite keeps a processor busy: one other heavy suite at most runs at the same time.
    package static var heavy: Self { Self() }
}
