package import Domain

/// The values of the variables in a template.
package struct TemplateValues: Sendable {
    package let job: Job
    package let verdict: Verdict
    /// The name of the finding that made the verdict, in characters that any store and any tool takes; `none` if there
    /// is none.
    package let finding: String
    /// The part of the key after the pipeline's prefix.
    package let rest: String
    /// `2026-11-21`. It must be the same for every attempt of a job (for instance the event's day): otherwise an object
    /// could end up at two destinations.
    package let date: String

    package init(job: Job, verdict: Verdict, finding: Finding?, rest: String, date: String) {
        self.job = job
        self.verdict = verdict
        self.finding = finding.map { Self.inert($0.name) } ?? Self.noFinding
        self.rest = rest
        self.date = date
    }

    static let noFinding = "none"

    /// A finding's name may come from a signature that somebody else wrote. What is neither a letter, a digit, `-`, `_`
    /// nor a dot within the name is replaced by `_`, and 128 characters are kept.
    private static func inert(_ name: String) -> String {
        var bytes: [UInt8] = []
        for scalar in name.unicodeScalars.prefix(128) {
            let byte = scalar.isASCII ? UInt8(ascii: scalar) : UInt8(ascii: "_")
            let isDotWithin = byte == UInt8(ascii: ".") && !bytes.isEmpty
            bytes.append(isLetterOrDigit(byte) || isDotWithin || byte == UInt8(ascii: "-") ? byte : UInt8(ascii: "_"))
        }
        return bytes.isEmpty ? noFinding : String(decoding: bytes, as: UTF8.self)
    }
}

/// A text with variables in braces; `{{` and `}}` are literal braces.
struct Template: Sendable, Equatable {
    enum Variable: String, CaseIterable, Sendable {
        case rest, key, name, date, job, bucket, verdict, finding

        /// Whether its value differs between the objects of a pipeline.
        var identifiesObject: Bool {
            switch self {
            case .rest, .key, .name, .job: true
            case .date, .bucket, .verdict, .finding: false
            }
        }
    }

    enum Part: Sendable, Equatable {
        case literal(String)
        case variable(Variable)
    }

    let parts: [Part]

    init(_ text: String) throws(ScalarError) {
        var parts: [Part] = []
        var literal: [UInt8] = []
        func closeLiteral() {
            if !literal.isEmpty { parts.append(.literal(String(decoding: literal, as: UTF8.self))) }
            literal = []
        }
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            let isDoubled = rest.first == byte
            switch byte {
            case UInt8(ascii: "{") where isDoubled, UInt8(ascii: "}") where isDoubled:
                literal.append(byte)
                rest = rest.dropFirst()
            case UInt8(ascii: "{"):
                guard let end = rest.firstIndex(of: UInt8(ascii: "}")) else {
                    throw .message("'{' is not closed in \(quoted(text)); write '{{' for a literal brace")
                }
                let name = String(Substring(rest[..<end]))
                guard let variable = Variable(rawValue: name) else {
                    let known = Variable.allCases.map(\.rawValue)
                    throw .message("unknown variable \(quoted("{" + name + "}"))\(hint(for: name, among: known))")
                }
                closeLiteral()
                parts.append(.variable(variable))
                rest = rest[rest.index(after: end)...]
            case UInt8(ascii: "}"):
                throw .message("'}' has no matching '{' in \(quoted(text)); write '}}' for a literal brace")
            default: literal.append(byte)
            }
        }
        closeLiteral()
        self.parts = parts
    }

    var variables: [Variable] {
        parts.compactMap { if case .variable(let variable) = $0 { variable } else { nil } }
    }

    var literals: [String] {
        parts.compactMap { if case .literal(let text) = $0 { text } else { nil } }
    }

    /// The literal start of every text that the template makes.
    var literalPrefix: String {
        if case .literal(let text)? = parts.first { text } else { "" }
    }

    /// - Parameter chosen: changes what the uploader chose: the values of `{rest}`, `{key}` and `{name}`.
    func text(for values: TemplateValues, _ chosen: (String) -> String = { $0 }) -> String {
        var text = ""
        for part in parts {
            switch part {
            case .literal(let literal): text += literal
            case .variable(.rest): text += chosen(values.rest)
            case .variable(.key): text += chosen(values.job.object.key.text)
            case .variable(.name): text += chosen(values.job.object.key.name)
            case .variable(.date): text += values.date
            case .variable(.job): text += values.job.id.text
            case .variable(.bucket): text += values.job.object.bucket
            case .variable(.verdict): text += values.verdict.rawValue
            case .variable(.finding): text += values.finding
            }
        }
        return text
    }
}
