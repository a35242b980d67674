import Domain
import Inspection
import Judging
import ScanProtocol
import ScannerTestKit
import TestKit
import Testing

/// Objects beyond the engine's ceiling, seen from the worker.
@Suite(.heavy, .timeLimit(.minutes(1)))
struct OverCeilingTests {
    @Test func `an object beyond the engine's ceiling is sent to a child only if the pipeline allows streaming`()
        async throws
    {
        let fixture = try await ScannerFixture()
        // The child refuses the request, since the file is shorter than declared. The refusal shows that it was asked.
        let file = Spool([])
        let size = EngineLimits.ceiling + 1
        let unasked = try await fixture.scanners.scan(file.descriptor, size: size, limits: ScanLimits())
        #expect(
            unasked.evidence.limits == ["over-engine-ceiling"] && unasked.evidence.method == nil
                && unasked.evidence.objects == 0)
        let error = await #expect(throws: ScannerError.self) {
            try await fixture.scanners.scan(file.descriptor, size: size, limits: ScanLimits(overCeiling: .stream))
        }
        #expect(error?.code == .refused)
        _ = await fixture.scanners.stop()
    }
}
