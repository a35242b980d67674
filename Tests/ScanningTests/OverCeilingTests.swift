import Domain
import Inspection
import Judging
import ScanProtocol
import ScannerTestKit
import Testing

/// Objects that the engine does not take whole.
@Suite(.timeLimit(.minutes(1)))
struct OverCeilingTests {
    @Test func `a child is asked only where the pipeline has it inspected in parts`() async throws {
        let fixture = try await ScannerFixture()
        // The child says at once that the file is shorter than told: that it says so shows that it was asked.
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
