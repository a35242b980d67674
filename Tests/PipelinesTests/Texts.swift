import Domain

@testable import Pipelines

/// The text of a pipeline with one line for each section, for tests that change one of them.
func pipelineText(
    name: String = "uploads", match: String = "{ bucket: acme-incoming, prefix: uploads/ }", accept: String? = nil,
    scan: String? = nil, clean: String = "{ move: \"s3://acme-media/permanent/{rest}\" }", infected: String = "delete",
    unscannable: String = "keep", rejected: String = "delete"
) -> String {
    var text = "pipeline: \(name)\nmatch: \(match)\n"
    if let accept { text += "accept: \(accept)\n" }
    if let scan { text += "scan: \(scan)\n" }
    return text + """
        then:
          clean: \(clean)
          infected: \(infected)
          unscannable: \(unscannable)
          rejected: \(rejected)

        """
}

func load(_ texts: String...) throws(PipelineProblems) -> PipelineSet {
    try PipelineSet(files: texts.enumerated().map { ("\($0.offset + 1).yaml", Array($0.element.utf8)) })
}

/// Returns the problems of the texts, one line each.
func mistakes(_ texts: String...) -> [String] { mistakes(inBytes: texts.map { Array($0.utf8) }) }

func mistakes(inBytes texts: [[UInt8]]) -> [String] {
    do throws(PipelineProblems) {
        _ = try PipelineSet(files: texts.enumerated().map { ("\($0.offset + 1).yaml", $0.element) })
        return []
    } catch {
        return error.problems.map(\.description)
    }
}

func job(bucket: String = "acme-incoming", key: String) -> Job {
    let object = ObjectVersion(bucket: bucket, key: ObjectKey(key)!, versionID: nil, etag: "e")
    return Job(
        id: JobID("0123456789abcdef0123456789abcdef")!,
        event: Event(object: object, size: nil, sequencer: nil, time: nil, name: "ObjectCreated:Put"))
}
