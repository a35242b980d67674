import ScanProtocol
import Testing
import Unpacking

@testable import Scanning

/// What a child's end says about its object.
@Suite struct ChildEndTests {
    @Test func `each form without progress has an exit code of its own`() {
        for form in ContainerForm.allCases {
            let code = ProgressWatch.exitCode(for: form)
            #expect(code <= 255)
            #expect(ProgressWatch.form(exitCode: code) == form)
            #expect(ChildEnd(status: code << 8) == .noProgress)
            #expect(ExitStatus.reason(of: code << 8) == "no progress in its \(form.displayName)")
        }
    }

    @Test(
        arguments: [
            (ChildEnd.outOfTime << 8, .noProgress), (1 << 8, .outOfMemory), (24, .noProgress), (11, .other),
            (9, .other),
            (31, .other), (0, .other), (90 << 8, .other), (70 << 8, .other),
        ] as [(Int32, ChildEnd)])
    func `only an end that would repeat itself ends the tries`(status: Int32, end: ChildEnd) {
        #expect(ChildEnd(status: status) == end)
    }
}
