internal import Domain
internal import Ledger
internal import Support

extension Notice {
    /// The version of `docs/notice.schema.json`. A field that is added does not change it.
    static let schemaVersion = "1.0"
    /// The most findings of a notice, and the most bytes of each text in it.
    static let mostFindings = 10
    static let longestText = 256

    /// The notice as a JSON object in ASCII, below 128 KiB.
    var json: String {
        inert(
            JSONWriter.object { json in
                json.field("schemaVersion", Self.schemaVersion)
                json.field("id", id)
                json.field("kind", kind.rawValue)
                json.field("time", time.description)
                json.field("revision", revision)
                json.field("job", job.id.text)
                json.field("pipeline", pipeline)
                writeObject(to: &json)
                switch content {
                case .received: break
                case .outcome(let outcome, _): write(outcome, to: &json)
                case .review(let work, _, _, _): write(work, to: &json)
                }
                json.field("verdict", judgement?.verdict.rawValue)
                json.field("disposition", disposition?.rawValue)
                if let place { json.object("destination") { write(place, to: &$0) } }
                if let judgement { write(judgement, to: &json) }
            })
    }

    /// The names of Amazon GuardDuty's event "GuardDuty Malware Protection Object Scan Result". Keys are exact.
    private func writeObject(to json: inout JSONWriter) {
        json.field("resourceType", "S3_OBJECT")
        json.object("s3ObjectDetails") { json in
            json.field("bucketName", job.object.bucket)
            json.field("objectKey", job.object.key.text)
            json.field("eTag", job.object.etag)
            json.field("versionId", job.object.versionID)
        }
        json.field("size", job.event.size)
    }

    private func write(_ outcome: Outcome, to json: inout JSONWriter) {
        let scan = outcome.guardDutyScan
        json.field("scanStatus", scan.status)
        if let result = scan.result {
            json.object("scanResultDetails") { json in
                json.field("scanResultStatus", result)
                let threats = judgement?.findings.filter { $0.kind == .signature } ?? []
                json.objects("threats", threats.prefix(Self.mostFindings)) { threat, json in
                    json.field("name", bounded(threat.name, Self.longestText))
                }
            }
        }
        json.field("outcome", outcome.kind.rawValue)
        if case .failed(let reason, _) = outcome { json.field("error", bounded(reason, Self.longestText)) }
    }

    private func write(_ work: ReviewWork, to json: inout JSONWriter) {
        json.object("review") { json in
            json.field("action", work.kind.rawValue)
            json.field("actor", bounded(work.request.actor, Self.longestText))
            json.field("at", work.request.at.description)
            json.field("reason", bounded(work.request.reason, Self.longestText))
        }
    }

    private func write(_ place: Destination, to json: inout JSONWriter) {
        json.field("bucketName", place.location.bucket)
        json.field("objectKey", place.location.key.text)
        json.field("versionId", place.versionID)
    }

    private func write(_ judgement: Judgement, to json: inout JSONWriter) {
        let evidence = judgement.evidence
        json.field("sha256", evidence.sha256)
        json.field("declaredType", evidence.declaredType.map { bounded($0, Self.longestText) })
        json.field("detectedType", evidence.detectedType.map { bounded($0, Self.longestText) })
        json.field("engine", evidence.engine.map { bounded($0, Self.longestText) })
        json.field("signatures", evidence.signatures.map { bounded($0, Self.longestText) })
        json.field("vouchedBy", evidence.vouchedBy?.text)
        json.objects("findings", judgement.findings.prefix(Self.mostFindings)) { finding, json in
            json.field("kind", finding.kind.rawValue)
            json.field("name", bounded(finding.name, Self.longestText))
            json.field("detail", finding.detail.isEmpty ? nil : bounded(finding.detail, Self.longestText))
            json.field("path", finding.path.isEmpty ? nil : bounded(finding.path, Self.longestText))
        }
        let omitted = judgement.findings.count - Self.mostFindings
        json.field("findingsOmitted", omitted > 0 ? omitted : nil)
    }
}

extension Outcome {
    /// The scan's status and result in GuardDuty's words; a result only if there is one.
    fileprivate var guardDutyScan: (status: String, result: String?) {
        switch self {
        case .settled(let judgement, _, _):
            switch judgement.verdict {
            case .clean: ("COMPLETED", "NO_THREATS_FOUND")
            case .infected: ("COMPLETED", "THREATS_FOUND")
            case .unscannable, .rejected: ("SKIPPED", "UNSUPPORTED")
            }
        case .failed: ("FAILED", "FAILED")
        case .gone, .superseded, .unmatched, .marker: ("SKIPPED", nil)
        }
    }
}
