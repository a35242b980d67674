internal import Domain
internal import Intake
internal import Ledger
internal import Pipelines
internal import Support
internal import Worker

/// What `lazaret scan` found out about one file.
struct ScanResult {
    let target: ScanTarget
    var pipeline: Pipeline?
    /// Nil if no pipeline takes the object.
    var judgement: Judgement?

    func print(asJSON: Bool) { asJSON ? outputJSON(write) : output(line) }

    private var line: String {
        guard let judgement else { return "\(printable(target.path))  unmatched: no pipeline takes \(place)" }
        let findings = judgement.findings.map { $0.detail.isEmpty ? $0.name : "\($0.name) (\($0.detail))" }
        let type = judgement.evidence.detectedType ?? "type not checked"
        let tail = findings.isEmpty ? "" : ": " + findings.joined(separator: ", ")
        let fate = fate.map { "  -> \(printable($0.text))" } ?? ""
        return "\(printable(target.path))  \(judgement.verdict.rawValue)\(printable(tail))  [\(type)]\(fate)"
    }

    private func write(to json: inout JSONWriter) {
        json.field("path", target.path)
        json.field("verdict", judgement?.verdict.rawValue)
        json.objects("findings", judgement?.findings ?? []) { finding, json in
            json.field("kind", finding.kind.rawValue)
            json.field("name", finding.name)
            json.field("detail", finding.detail)
            json.field("path", finding.path)
        }
        json.field("type", judgement?.evidence.detectedType)
        json.field("sha256", judgement?.evidence.sha256)
        if target.location != nil {
            json.field("pipeline", pipeline?.name)
            json.field("disposition", fate?.disposition)
            json.field("destination", fate?.destination)
        }
        json.object("evidence") { judgement.map(\.evidence).write(to: &$0) }
    }

    private var place: String { target.location.map { printable($0.description) } ?? "it" }

    private struct Fate {
        let disposition: String
        let destination: String?
        var text: String { destination.map { "\(disposition) to \($0)" } ?? disposition }
    }

    /// What the worker would do with the object. The job's id is known only of a real object version.
    private var fate: Fate? {
        guard let pipeline, let judgement, let location = target.location else { return nil }
        let version = ObjectVersion(bucket: location.bucket, key: location.key, versionID: nil, etag: nil)
        let job = Job(of: Event(object: version, size: nil, sequencer: nil, time: nil, name: "ObjectCreated:Put"))
        let plan = MovePlan(pipeline, for: job, judgement, date: Timestamp.now().date)
        guard let copy = plan.copy else { return Fate(disposition: plan.disposition.rawValue, destination: nil) }
        switch copy.destination {
        case .success(let destination):
            let text = destination.description.split(separator: job.id.text, omittingEmptySubsequences: false)
                .joined(separator: "{job}")
            return Fate(disposition: plan.disposition.rawValue, destination: text)
        case .failure(let error): return Fate(disposition: "failed (\(error))", destination: nil)
        }
    }
}
