import Domain
import FoundationEssentials
import Support

/// A judgement's lists, and the job that vouches for it, as one JSON text in a column of its own:
/// `{"findings":[…],"limits":[…],"forms":[…],"vouchedBy":"…"}`. A store's JSON functions can search it.
struct JudgementLists {
    let findings: [Finding]
    let limits: [String]
    let forms: [FormEvidence]
    let vouchedBy: JobID?

    /// Nil if all lists are empty and no job vouches.
    var text: String? {
        guard !findings.isEmpty || !limits.isEmpty || !forms.isEmpty || vouchedBy != nil else { return nil }
        let bytes = JSONWriter.stored { json in
            json.objects("findings", findings) { finding, json in
                json.field("kind", finding.kind.rawValue)
                json.field("name", finding.name)
                if !finding.detail.isEmpty { json.field("detail", finding.detail) }
                if !finding.path.isEmpty { json.field("path", finding.path) }
            }
            json.field("limits", limits)
            if !forms.isEmpty { json.objects("forms", forms) { form, json in form.write(to: &json) } }
            json.field("vouchedBy", vouchedBy?.text)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The condition that there is a finding, or the reason of a failure: that of the index `jobs_with_reason`.
    static let hasReason = #"(substr(lists, 1, 26) <> '{"findings":[],"limits":[]' OR error IS NOT NULL)"#

    /// A text as it stands within a JSON text.
    static func escaped(_ text: String) -> String {
        let object = JSONWriter.stored { json in json.field("name", text) }
        return String(decoding: object.dropFirst(#"{"name":""#.utf8.count).dropLast(2), as: UTF8.self)
    }

    /// The regular expression that `text` matches if a finding's name has this part, or is it. Within a JSON text,
    /// quotation marks are escaped, so `"name":"` begins a name wherever it is.
    static func pattern(naming part: String, isWhole: Bool = false) -> String {
        var pattern = isWhole ? #""name":""# : #""name":"(?:[^"\\]|\\.)*"#
        for scalar in escaped(part).unicodeScalars {
            let isPlain = !scalar.isASCII || scalar.properties.isAlphabetic || scalar.properties.numericType != nil
            pattern += (isPlain ? "" : "\\") + String(Character(scalar))
        }
        return isWhole ? pattern + "\"" : pattern
    }

    init(of judgement: Judgement) {
        findings = judgement.findings
        limits = judgement.evidence.limits
        forms = judgement.evidence.forms
        vouchedBy = judgement.evidence.vouchedBy
    }

    /// Returns nil if `text` was not written by the property of that name.
    init?(text: String?) {
        guard let text else {
            (findings, limits, forms, vouchedBy) = ([], [], [], nil)
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
        vouchedBy = stored.vouchedBy.flatMap { JobID($0) }
        if vouchedBy == nil, stored.vouchedBy != nil { return nil }
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
        let vouchedBy: String?
    }
}

extension FormEvidence {
    func write(to json: inout JSONWriter) {
        json.field("form", form)
        json.field("opener", opener)
        json.field("layers", layers)
    }
}
