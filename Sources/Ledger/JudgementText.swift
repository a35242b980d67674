import Domain
import FoundationEssentials
import Support

/// The lists of a judgement as one JSON text, `{"findings":[…],"limits":[…]}`, for a column beside those of its plain
/// values: a store's own JSON functions can look into it.
///
/// Most objects are clean and have neither; nil stands for that.
struct JudgementLists {
    var findings: [Finding]
    var limits: [String]

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

    /// What `text` holds where a finding has that name, and nowhere else.
    static func name(_ name: String) -> String {
        let object = JSONWriter.object { json in json.field("name", name) }
        return String(decoding: object.dropFirst().dropLast(), as: UTF8.self)
    }

    init(findings: [Finding], limits: [String]) {
        self.findings = findings
        self.limits = limits
    }

    /// Nil for a text that `text` did not write.
    init?(text: String?) {
        guard let text else {
            self.init(findings: [], limits: [])
            return
        }
        guard let stored = try? JSONDecoder().decode(Stored.self, from: Data(text.utf8)) else { return nil }
        var findings: [Finding] = []
        for finding in stored.findings {
            guard let kind = Finding.Kind(rawValue: finding.kind) else { return nil }
            findings.append(Finding(kind, finding.name, detail: finding.detail ?? ""))
        }
        self.init(findings: findings, limits: stored.limits)
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
