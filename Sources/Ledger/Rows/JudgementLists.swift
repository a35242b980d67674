import Domain
import FoundationEssentials
import Support

/// A judgement's findings and limits as one JSON text, `{"findings":[…],"limits":[…]}`, in a column of its own. A
/// store's JSON functions can search it.
struct JudgementLists {
    let findings: [Finding]
    let limits: [String]

    /// Nil if both lists are empty, as they are for most objects.
    var text: String? {
        guard !findings.isEmpty || !limits.isEmpty else { return nil }
        let bytes = JSONWriter.object { json in
            json.objects("findings", findings) { finding, json in
                json.field("kind", finding.kind.rawValue)
                json.field("name", finding.name)
                if !finding.detail.isEmpty { json.field("detail", finding.detail) }
            }
            json.field("limits", limits)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The part of `text` that is there if and only if a finding has this name.
    static func name(_ name: String) -> String {
        let object = JSONWriter.object { json in json.field("name", name) }
        return String(decoding: object.dropFirst().dropLast(), as: UTF8.self)
    }

    init(of judgement: Judgement) {
        findings = judgement.findings
        limits = judgement.evidence.limits
    }

    /// Returns nil if `text` was not written by the property of that name.
    init?(text: String?) {
        guard let text else {
            (findings, limits) = ([], [])
            return
        }
        guard let stored = try? JSONDecoder().decode(Stored.self, from: Data(text.utf8)) else { return nil }
        var findings: [Finding] = []
        for finding in stored.findings {
            guard let kind = Finding.Kind(rawValue: finding.kind) else { return nil }
            findings.append(Finding(kind, finding.name, detail: finding.detail ?? ""))
        }
        self.findings = findings
        limits = stored.limits
    }

    private struct Stored: Decodable {
        struct StoredFinding: Decodable {
            let kind: String
            let name: String
            let detail: String?
        }
        let findings: [StoredFinding]
        let limits: [String]
    }
}
