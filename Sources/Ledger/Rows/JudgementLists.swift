import Domain
import FoundationEssentials
import Support

/// A judgement's lists as one JSON text, `{"findings":[…],"limits":[…],"forms":[…]}`, in a column of its own. A
/// store's JSON functions can search it.
struct JudgementLists {
    let findings: [Finding]
    let limits: [String]
    let forms: [FormEvidence]

    /// Nil if all lists are empty.
    var text: String? {
        guard !findings.isEmpty || !limits.isEmpty || !forms.isEmpty else { return nil }
        let bytes = JSONWriter.object { json in
            json.objects("findings", findings) { finding, json in
                json.field("kind", finding.kind.rawValue)
                json.field("name", finding.name)
                if !finding.detail.isEmpty { json.field("detail", finding.detail) }
                if !finding.path.isEmpty { json.field("path", finding.path) }
            }
            json.field("limits", limits)
            if !forms.isEmpty { json.objects("forms", forms) { form, json in form.write(to: &json) } }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The regular expression that `text` matches if a finding's name has this part, or is it. Within a JSON text,
    /// quotation marks are escaped, so `"name":"` begins a name wherever it is.
    static func pattern(naming part: String, isWhole: Bool = false) -> String {
        let object = JSONWriter.object { json in json.field("name", part) }
        var pattern = isWhole ? #""name":""# : #""name":"(?:[^"\\]|\\.)*"#
        for scalar in String(decoding: object.dropFirst(#"{"name":""#.utf8.count).dropLast(2), as: UTF8.self)
            .unicodeScalars
        {
            let isPlain = !scalar.isASCII || scalar.properties.isAlphabetic || scalar.properties.numericType != nil
            pattern += (isPlain ? "" : "\\") + String(Character(scalar))
        }
        return isWhole ? pattern + "\"" : pattern
    }

    init(of judgement: Judgement) {
        findings = judgement.findings
        limits = judgement.evidence.limits
        forms = judgement.evidence.forms
    }

    /// Returns nil if `text` was not written by the property of that name.
    init?(text: String?) {
        guard let text else {
            (findings, limits, forms) = ([], [], [])
            return
        }
        guard let stored = try? JSONDecoder().decode(Stored.self, from: Data(text.utf8)) else { return nil }
        var findings: [Finding] = []
        for finding in stored.findings {
            guard let kind = Finding.Kind(rawValue: finding.kind) else { return nil }
            findings.append(Finding(kind, finding.name, detail: finding.detail ?? "", path: finding.path ?? ""))
        }
        self.findings = findings
        limits = stored.limits
        forms = (stored.forms ?? []).map { FormEvidence(form: $0.form, opener: $0.opener, layers: $0.layers) }
    }

    private struct Stored: Decodable {
        struct StoredFinding: Decodable {
            let kind: String
            let name: String
            let detail: String?
            let path: String?
        }
        let findings: [StoredFinding]
        struct StoredForm: Decodable {
            let form: String
            let opener: String
            let layers: Int
        }
        let limits: [String]
        let forms: [StoredForm]?
    }
}

extension FormEvidence {
    func write(to json: inout JSONWriter) {
        json.field("form", form)
        json.field("opener", opener)
        json.field("layers", layers)
    }
}
