import Domain
import Testing

@testable import Pipelines

struct QuotaTests {
    private static let head = """
        pipeline: uploads
        match: { bucket: inbox, prefix: up/, exclude: ["*.info"] }

        """
    private static let tail = """

        then: { clean: { move: "s3://out/{rest}" }, infected: keep, unscannable: keep, rejected: keep }
        """

    private func pipeline(_ text: String) throws -> Pipeline {
        try #require(PipelineSet(files: [("a.yaml", Array((Self.head + text + Self.tail).utf8))]).pipelines.first)
    }

    private func problems(_ text: String) -> [String] {
        do {
            _ = try pipeline(text)
            return []
        } catch {
            return (error as? PipelineProblems)?.problems.map(\.description) ?? ["\(error)"]
        }
    }

    @Test func `a quota has a subject and one limit or two`() throws {
        let both = try pipeline("accept: { quota: { by: first-segment, objects-per-hour: 9, bytes-per-day: 2KiB } }")
        #expect(both.accept.quota == Quota(by: .firstSegment, objectsPerHour: 9, bytesPerDay: 2048))
        let one = try pipeline("accept: { quota: { by: pipeline, objects-per-hour: 9 } }")
        #expect(one.accept.quota == Quota(by: .pipeline, objectsPerHour: 9, bytesPerDay: nil))
        #expect(try pipeline("accept: {}").accept.quota == nil)
    }

    @Test(arguments: [
        ("{ objects-per-hour: 9 }", "accept.quota.by: missing"),
        ("{ by: user, objects-per-hour: 9 }", "accept.quota.by"),
        ("{ by: pipeline }", "limits nothing"),
        ("{ by: pipeline, objects-per-hour: 0 }", "a whole number from 1"),
        ("{ by: pipeline, bytes-per-day: 0 }", "out of range"),
        ("{ by: pipeline, objects-per-day: 9 }", "unknown key 'objects-per-day'"),
        ("9", "expected a mapping"),
    ])
    func `a mistake in a quota is reported`(text: String, expected: String) {
        let found = problems("accept: { quota: \(text) }")
        #expect(found.contains { $0.contains(expected) }, "\(found)")
    }

    @Test func `the uploader is the first segment after the prefix`() throws {
        let pipeline = try pipeline("accept: { quota: { by: first-segment, objects-per-hour: 9 } }")
        for (key, uploader) in [
            ("up/ana/a/b.png", "ana"), ("up/ana/", "ana"), ("up/a.png", ""), ("up//a.png", ""), ("up/é/a", "é"),
        ] {
            #expect(pipeline.quotaSubject(of: ObjectKey(key)!) == uploader)
        }
        let whole = try self.pipeline("accept: { quota: { by: pipeline, objects-per-hour: 9 } }")
        #expect(whole.quotaSubject(of: ObjectKey("up/ana/a")!) == "")
        #expect(whole.uploader(of: ObjectKey("up/ana/a")!) == "ana")
    }

    @Test func `side-cars are deleted only if none can be an upload`() throws {
        #expect(try pipeline("").sidecars == .keep)
        let found = problems("sidecars: delete")
        #expect(found.count == 1 && found[0].contains(#""*.part""#), "\(found)")
        let excluded = Self.head.replacing(#"["*.info"]"#, with: #"["*.info", "*.part"]"#)
        let set = try PipelineSet(files: [("a.yaml", Array((excluded + "sidecars: delete" + Self.tail).utf8))])
        #expect(set.pipelines[0].sidecars == .delete)
    }

    @Test func `what is found infected later goes into quarantine unless the pipeline only wants a report`() throws {
        #expect(try pipeline("").recheck == .quarantine)
        #expect(try pipeline("recheck: report\n").recheck == .report)
        #expect(try pipeline("recheck: quarantine\n").recheck == .quarantine)
    }

    @Test func `a promoted object has the destination's storage unless the pipeline asks for the source's`() throws {
        #expect(try pipeline("").storage == .destination)
        #expect(try pipeline("storage: source").storage == .source)
        #expect(!problems("storage: both").isEmpty)
    }
}
