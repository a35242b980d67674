import Pipelines
import Support
import TestKit
import Testing

@testable import Lazaret

/// What a worker makes of a request to take up its pipeline files.
@Suite(.timeLimit(.minutes(1))) struct PipelineFilesTests {
    private let folder: TemporaryDirectory
    private let files: PipelineFiles

    init() throws {
        folder = try TemporaryDirectory()
        try folder.write(Self.rules(infected: "keep"), to: "uploads.yaml")
        files = PipelineFiles(
            folder: folder.path, try PipelineSet(directory: folder.path), log: Log(threshold: .error) { _ in })
    }

    private static func rules(infected action: String) -> String {
        """
        pipeline: uploads
        match: { bucket: incoming }
        then: { clean: keep, infected: \(action), unscannable: keep, rejected: keep }
        """
    }

    private func reload() async -> Bool {
        await withCheckedContinuation { (waiter: CheckedContinuation<Bool, Never>) in
            files.reload { waiter.resume(returning: $0) }
        }
    }

    @Test func `changed files have the worker start again, and others do not`() async throws {
        for text in [Self.rules(infected: "keep"), "pipeline: ["] {
            try folder.write(text, to: "uploads.yaml")
            let restarts = await reload()
            #expect(!restarts && !files.restartsWorker, "\(text)")
        }
        try folder.write(Self.rules(infected: "delete"), to: "uploads.yaml")
        let restarts = await reload()
        #expect(restarts && files.restartsWorker)
    }

    @Test func `a worker that is to end does not start again, whatever its files say`() async throws {
        try folder.write(Self.rules(infected: "delete"), to: "uploads.yaml")
        let restarts = await reload()
        #expect(restarts)
        files.end()
        #expect(!files.restartsWorker)
    }
}
