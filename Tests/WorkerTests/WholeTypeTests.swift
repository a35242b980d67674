import Domain
import Inspection
import Judging
import Pipelines
import ScanProtocol
import TestKit
import Testing
import Transfer
import Worker

/// Objects whose first range has another type than the whole.
@Suite(.timeLimit(.minutes(1))) struct WholeTypeTests {
    /// Judges an object of 1000 bytes, of which the first range has 100.
    private func judge(
        declared: String?, types: String, first: String, whole: String
    ) async throws -> (judgement: Judgement, wasFetched: Bool) {
        let fixture = try await JobFixture()
        fixture.store["inbox", "up/a"] = .init([UInt8](repeating: 0x20, count: 1000), contentType: declared)
        var configuration = RangedFetch.Configuration()
        configuration.firstRange = 100
        let fetch = RangedFetch(store: fixture.store, directory: fixture.directory.path, configuration: configuration)
        let set = try PipelineSet(files: [
            (
                name: "test.yaml",
                text: Array(
                    JobFixture.uploads.replacing("image/png", with: types).replacing("ignore", with: "must-agree").utf8)
            )
        ])
        let fetched = try await fetch.first(of: fixture.job("up/a").object, size: 1000)
        var wasFetched = false
        let judgement = try await ObjectInspection(inspector: ScriptedInspector(type: first, wholeType: whole)).judge(
            fetched.bytes, declared: declared, pipeline: set["uploads"]
        ) {
            wasFetched = true
            try await fetch.rest(of: fetched)
        }
        return (judgement, wasFetched)
    }

    @Test(
        arguments: [
            // The whole has the declared and accepted type, although the first range does not show it.
            ("application/json", "application/json", "text/plain", "application/json", .clean, true),
            (
                "application/msword", "application/msword", "application/x-ole-storage", "application/msword", .clean,
                true
            ),
            // The whole has another type.
            ("application/json", "application/json", "text/plain", "text/html", .clean, true),
            ("application/json", "application/json", "text/plain", "application/zip", .rejected, true),
            (
                "application/msword", "application/msword", "application/x-ole-storage", "application/x-msi", .rejected,
                true
            ),
            // The bytes after the first range count too.
            ("image/png", "image/png", "image/png", "application/zip", .rejected, true),
            (nil, "image/png", "image/png", "text/html", .rejected, true),
            // The rest could not make these acceptable: it is not fetched.
            ("image/png", "image/png", "text/html", "image/png", .rejected, false),
            ("text/html", "application/json", "text/plain", "application/json", .rejected, false),
            (nil, "image/png", "text/plain", "image/png", .rejected, false),
            // Where nothing is declared, the whole may be an accepted special case of the first range's type.
            (nil, "application/json", "text/plain", "application/json", .clean, true),
            (nil, "application/json", "text/plain", "text/plain", .rejected, true),
        ] as [(String?, String, String, String, Verdict, Bool)])
    func `the type of the whole decides`(
        declared: String?, types: String, first: String, whole: String, verdict: Verdict, wasFetched: Bool
    ) async throws {
        let result = try await judge(declared: declared, types: types, first: first, whole: whole)
        #expect(result.judgement.verdict == verdict, "\(result.judgement.findings)")
        #expect(result.wasFetched == wasFetched)
        #expect(result.judgement.evidence.detectedType == (wasFetched ? whole : first))
    }

    /// Judges an object that fits the first range, by a pipeline with `types`, or with none.
    private func judgeSmall(
        declared: String?, types: String?, by inspector: ScriptedInspector
    ) async throws -> Judgement {
        let fixture = try await JobFixture()
        fixture.store["inbox", "up/a"] = .init([1, 2, 3], contentType: declared)
        let fetch = RangedFetch(
            store: fixture.store, directory: fixture.directory.path, configuration: RangedFetch.Configuration())
        let text = JobFixture.uploads.replacing("ignore", with: "must-agree")
        let set = try PipelineSet(files: [
            (name: "test.yaml", text: Array(text.replacing("image/png", with: types ?? "image/png").utf8))
        ])
        let fetched = try await fetch.first(of: fixture.job("up/a").object, size: 3)
        return try await ObjectInspection(inspector: inspector).judge(
            fetched.bytes, declared: declared, pipeline: types == nil ? nil : set["uploads"]
        ) {}
    }

    @Test(
        arguments: [
            (nil, nil, .clean, 0, 1),
            ("text/html", nil, .clean, 0, 1),
            ("image/png", "image/png", .clean, 0, 1),
            ("image/jpeg", "image/jpeg", .rejected, 0, 1),
            // What is declared is refused, whatever the bytes are; with nothing declared, the bytes decide.
            ("text/html", "image/png", .rejected, 1, 0),
            (nil, "image/png", .clean, 1, 1),
            (nil, "text/html", .rejected, 1, 0),
        ] as [(String?, String?, Verdict, Int, Int)])
    func `one request finds the type and scans where the type is likely to be accepted`(
        declared: String?, types: String?, verdict: Verdict, identifications: Int, scans: Int
    ) async throws {
        let inspector = ScriptedInspector()
        let judgement = try await judgeSmall(declared: declared, types: types, by: inspector)
        #expect(judgement.verdict == verdict, "\(judgement.findings)")
        #expect(judgement.evidence.detectedType == "image/png")
        #expect(judgement.evidence.sha256 != nil)
        #expect(inspector.identifications == identifications)
        #expect(inspector.scans == scans)
    }

    @Test func `bytes that end the scan are still rejected by their type`() async throws {
        let inspector = ScriptedInspector(answer: { _ throws(ScannerError) in
            GivenUpObjectsTests.report(.died("signal 11"))
        })
        #expect(try await judgeSmall(declared: "image/jpeg", types: "image/jpeg", by: inspector).verdict == .rejected)
        #expect(try await judgeSmall(declared: "image/png", types: "image/png", by: inspector).verdict == .unscannable)
        #expect(inspector.identifications == 2)
    }
}
