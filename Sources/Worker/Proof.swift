package import Domain

extension Judgement {
    /// The judgement that findings and evidence of a finished scan support. Without findings that is `clean` only if
    /// the evidence adds up: every byte read, hashed, typed and scanned by a known engine, and no limit hit. What is
    /// missing becomes a finding, and the object `unscannable`.
    package static func proven(findings: [Finding], evidence: Evidence, size: Int64) -> Judgement {
        let gaps = gaps(in: evidence, size: size).map { Finding(.limit, "evidence-incomplete", detail: $0) }
        // Where another finding decides already, gaps in the evidence are its consequence and no news.
        let decides = findings.contains { ($0.kind.verdict ?? .clean) >= .unscannable }
        let all = decides ? findings : findings + gaps
        return Judgement(verdict: Verdict(of: all), findings: all, evidence: evidence)
    }

    private static func gaps(in evidence: Evidence, size: Int64) -> [String] {
        var gaps: [String] = []
        if evidence.bytesRead != size { gaps.append("\(evidence.bytesRead) of \(size) bytes were read") }
        if evidence.sha256?.utf8.count != 64 { gaps.append("there is no SHA-256 of the whole") }
        if evidence.detectedType?.isEmpty ?? true { gaps.append("there is no detected type") }
        if evidence.engine?.isEmpty ?? true { gaps.append("no engine answered for the scan") }
        if evidence.signatures?.isEmpty ?? true { gaps.append("it is not known which signatures were used") }
        if evidence.scanMilliseconds == nil { gaps.append("it is not known how long the scan took") }
        if !evidence.limits.isEmpty { gaps.append("limits were hit: \(evidence.limits.joined(separator: ", "))") }
        return gaps
    }
}
