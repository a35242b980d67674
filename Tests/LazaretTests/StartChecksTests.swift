import Domain
import ScanProtocol
import Testing

@testable import Lazaret

/// What `run` checks before it takes on work.
struct StartChecksTests {
    private func engine(_ layers: [SandboxLayer]) -> EngineDescription {
        EngineDescription(EngineFacts(engine: "ClamAV 0", signatures: 1, databases: [], sandbox: layers))
    }

    @Test(arguments: ["root-folder", "landlock"]) func `one layer that confines files is enough`(name: String) throws {
        let others = ["root-folder", "landlock"].filter { $0 != name }.map { SandboxLayer($0, isGiven: false) }
        try checkFileLayer(engine([SandboxLayer(name, isGiven: true)] + others), isAllowed: false)
    }

    @Test func `without a layer that confines files the worker starts only if it is told so`() throws {
        let layers = [
            SandboxLayer("seccomp", isGiven: true), SandboxLayer("root-folder", isGiven: false),
            SandboxLayer("landlock", isGiven: false),
        ]
        let failure = #expect(throws: CommandFailure.self) { try checkFileLayer(engine(layers), isAllowed: false) }
        #expect(failure?.status == .configuration)
        #expect(throws: CommandFailure.self) { try checkFileLayer(engine([]), isAllowed: false) }
        try checkFileLayer(engine(layers), isAllowed: true)
    }

    @Test func `a limit of open files that is too low for the concurrency is refused`() throws {
        for jobs in [1, 16, 1024] {
            let needed = DescriptorLimit.needed(jobs: jobs)
            #expect(needed > 4 * jobs)
            try DescriptorLimit.check(limit: UInt64(needed), jobs: jobs)
            let failure = #expect(throws: CommandFailure.self) {
                try DescriptorLimit.check(limit: UInt64(needed - 1), jobs: jobs)
            }
            #expect(failure?.status == .configuration)
        }
    }
}
