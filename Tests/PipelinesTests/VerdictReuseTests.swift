import Testing

@testable import Pipelines

@Suite struct VerdictReuseTests {
    private func read(_ value: String?) throws -> VerdictReuse {
        let line = value.map { "reuse-verdicts: \($0)\n" } ?? ""
        let text = """
            pipeline: a
            match: { bucket: incoming }
            \(line)then: { clean: keep, infected: keep, unscannable: keep, rejected: keep }
            """
        return try PipelineSet(files: [("a.yaml", Array(text.utf8))]).pipelines[0].reuse
    }

    @Test func `verdicts are reused if the pipeline says so, for as long as it says`() throws {
        #expect(try read(nil) == .never)
        #expect(try read("false") == .never)
        #expect(try read("true") == .always)
        for (text, seconds) in [("1m", 60), ("12h", 43_200), ("7d", 604_800), ("365d", 31_536_000)] {
            #expect(try read(text) == .within(.seconds(seconds)))
        }
    }

    @Test(arguments: ["7", "0d", "366d", "9223372036854775807d", "1s", "-1d", "\"true\"", "yes", "[7d]", "7 d", "1.5d"])
    func `what is no duration is a mistake`(text: String) {
        #expect(throws: PipelineProblems.self) { try read(text) }
    }
}
