internal import Domain
package import Ledger
internal import Support

extension JobRecord {
    /// The job as a Detection Finding (class 2004) of the Open Cybersecurity Schema Framework 1.6, as one line of JSON
    /// without a newline; nil if it has no judgement, or is clean.
    ///
    /// - Parameter version: of Lazaret.
    package func ocsfLine(version: String) -> [UInt8]? {
        guard let judgement, judgement.verdict != .clean else { return nil }
        return JSONWriter.object { json in
            let activity = review.activity
            json.field("activity_id", activity.id)
            json.field("activity_name", activity.name)
            json.field("category_uid", 2)
            json.field("category_name", "Findings")
            json.field("class_uid", 2004)
            json.field("class_name", "Detection Finding")
            json.field("type_uid", 200_400 + activity.id)
            json.field("type_name", "Detection Finding: \(activity.name)")
            json.field("time", (judgedAt ?? finishedAt ?? firstReceivedAt).milliseconds)
            json.field("severity_id", judgement.verdict.severity.id)
            json.field("severity", judgement.verdict.severity.name)
            json.field("status_id", review.status.id)
            json.field("status", review.status.name)
            json.field("message", judgement.title)
            writeControl(to: &json)
            writeFinding(judgement, to: &json)
            writeMalware(judgement, to: &json)
            writeResources(judgement.evidence, to: &json)
            json.object("metadata") { json in
                json.field("version", "1.6.0")
                json.field("uid", job.id.text)
                json.field("profiles", ["cloud", "security_control"])
                json.object("product") { json in
                    json.field("name", "Lazaret")
                    json.field("vendor_name", "Lazaret")
                    json.field("version", version)
                }
            }
            json.object("cloud") { $0.field("provider", "AWS") }
        }
    }

    /// What was done (profile `security_control`).
    private func writeControl(to json: inout JSONWriter) {
        let (action, number, name): (Int, Int, String) =
            switch disposition {
            case .quarantined: (2, 3, "Quarantined")
            case .deleted: (2, 5, "Deleted")
            case .promoted: (1, 1, "Allowed")
            case .kept: (1, 16, "No Action")
            case nil: (0, 0, "Unknown")
            }
        json.field("action_id", action)
        json.field("disposition_id", number)
        json.field("disposition", name)
        json.field("is_alert", judgement?.verdict == .infected)
    }

    private func writeFinding(_ judgement: Judgement, to json: inout JSONWriter) {
        json.object("finding_info") { json in
            json.field("uid", job.id.text)
            json.field("title", judgement.title)
            json.field("types", [judgement.verdict.rawValue])
            json.field("created_time", (judgedAt ?? finishedAt ?? firstReceivedAt).milliseconds)
            json.field("first_seen_time", firstReceivedAt.milliseconds)
            let details = judgement.findings.filter { $0.kind != .note }.map { finding in
                let detail = finding.detail.isEmpty ? "" : ": \(finding.detail)"
                let path = finding.path.isEmpty ? "" : " in \(finding.path)"
                return "\(finding.kind.rawValue) \(finding.name)\(path)\(detail)"
            }
            json.field("desc", details.joined(separator: "\n"))
        }
    }

    private func writeMalware(_ judgement: Judgement, to json: inout JSONWriter) {
        let matches = judgement.findings.filter { $0.kind == .signature }
        if !matches.isEmpty {
            json.objects("malware", matches) { finding, json in
                json.field("name", finding.name)
                json.numbers("classification_ids", [0])
                json.field("path", finding.path.isEmpty ? nil : finding.path)
                json.field("provider", judgement.evidence.engine ?? "ClamAV")
            }
        }
        json.object("malware_scan_info") { json in
            json.field("type_id", 99)
            json.field("type", "On upload")
            json.field("uid", job.id.text)
            json.field("num_files", judgement.evidence.objects)
            json.field("num_infected", matches.isEmpty ? 0 : 1)
            json.field("unique_malware_count", Set(matches.map(\.name)).count)
            json.field("size", judgement.evidence.bytesRead)
        }
    }

    private func writeResources(_ evidence: Evidence, to json: inout JSONWriter) {
        let name = job.object.location.description
        json.objects("resources", [name]) { name, json in
            json.field("uid", name)
            json.field("name", name)
            json.field("type", "AWS S3 Object")
            json.field("version", job.object.versionID)
            json.object("data") { json in
                json.field("etag", job.object.etag)
                json.field("pipeline", pipeline)
                json.field("destination", destination?.location.description)
            }
        }
        json.objects("evidences", [evidence]) { evidence, json in
            json.object("file") { json in
                json.field("name", String(job.object.key.text.split(separator: "/").last ?? ""))
                json.field("path", name)
                json.field("type_id", 1)
                json.field("size", job.event.size)
                json.field("mime_type", evidence.detectedType)
                if let sha256 = evidence.sha256 {
                    json.objects("hashes", [sha256]) { hash, json in
                        json.field("algorithm_id", 3)
                        json.field("algorithm", "SHA-256")
                        json.field("value", hash)
                    }
                }
            }
            json.object("data") { json in
                json.field("declared_type", evidence.declaredType)
                json.field("signatures", evidence.signatures)
                json.field("limits", evidence.limits)
            }
            let uploader = job.event.uploader
            if let principal = uploader.principal {
                json.object("actor") { json in json.object("user") { $0.field("uid", principal) } }
            }
            if let ip = uploader.sourceIP { json.object("src_endpoint") { $0.field("ip", ip) } }
        }
    }
}

extension Judgement {
    /// `infected: Eicar-Test-Signature`
    fileprivate var title: String {
        let first = findings.first { $0.kind.verdict == verdict }
        return first.map { "\(verdict.rawValue): \($0.name)" } ?? verdict.rawValue
    }
}

extension Verdict {
    fileprivate var severity: (id: Int, name: String) {
        switch self {
        case .infected: (4, "High")
        case .unscannable: (3, "Medium")
        case .rejected: (2, "Low")
        case .clean: (1, "Informational")
        }
    }
}

extension ReviewState? {
    /// What the finding is sent for: a review that has ended closes it.
    fileprivate var activity: (id: Int, name: String) {
        switch self {
        case nil, .pending: (1, "Create")
        case .held: (2, "Update")
        case .released, .deleted, .expired: (3, "Close")
        }
    }

    fileprivate var status: (id: Int, name: String) {
        switch self {
        case nil, .pending: (1, "New")
        case .held: (2, "In Progress")
        case .released: (3, "Suppressed")
        case .deleted, .expired: (4, "Resolved")
        }
    }
}
