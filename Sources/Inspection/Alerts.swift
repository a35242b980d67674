package import Domain

/// What an alert of the engine means.
///
/// What starts with `Heuristics.` is the engine's own opinion on a file's form (libclamav 1.4). The part of it that says
/// "this was not wholly seen", or "this contradicts itself", is a limit. The rest is an opinion on what the file is up to
/// (phishing, obfuscation, known worms) and counts as a match. A name that ends in `.UNOFFICIAL` is always a signature's,
/// however it begins: the ending is put there for files of signatures that ClamAV did not sign.
package func finding(forAlert name: String, limits: ScanLimits) -> Finding {
    if name.isEmpty { return Finding(.limit, "unnamed-alert", detail: "the engine gave an alert without a name") }
    if let rule = yaraRule(name) { return Finding(.signature, rule, detail: "YARA") }
    guard let opinion = name.rest(after: "Heuristics."), !name.hasSuffix(unofficial) else {
        return Finding(.signature, name)
    }
    if let limit = opinion.rest(after: "Limits.Exceeded.") { return Finding(.limit, kebab(limit), detail: name) }
    if opinion.rest(after: "Limits") != nil { return Finding(.limit, "limit-exceeded", detail: name) }
    if opinion.rest(after: "Encrypted") != nil { return encrypted(detail: name, limits) }
    if opinion.rest(after: "Broken") != nil { return Finding(.limit, "malformed", detail: name) }
    switch opinion {
    case "Zip.OverlappingFiles": return Finding(.limit, "overlapping-entries", detail: name)
    case "XZ.DicSizeLimit": return Finding(.limit, "max-dictionary", detail: name)
    // The middle one is spelt so in the engine.
    case "APMPartitionIntersection", "MBRPartitionnIntersect", "GPTPartitionIntersection":
        return Finding(.limit, "malformed", detail: name)
    default: return Finding(.signature, name)
    }
}

private let unofficial = ".UNOFFICIAL"

/// The rule's name in `YARA.Name.UNOFFICIAL`, the form in which the engine tells of a YARA rule that matched; nil for
/// other names.
private func yaraRule(_ name: String) -> String? {
    guard var rule = name.rest(after: "YARA.") else { return nil }
    if rule.hasSuffix(unofficial) { rule.removeLast(unofficial.count) }
    let isIdentifier = rule.utf8.allSatisfy {
        switch $0 {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
    return !rule.isEmpty && isIdentifier ? rule : nil
}

/// Encrypted content, as the pipeline takes it.
func encrypted(detail: String, _ limits: ScanLimits) -> Finding {
    switch limits.encrypted {
    case .unscannable: Finding(.limit, "encrypted", detail: detail)
    case .allow: Finding(.note, "encrypted", detail: detail)
    }
}

/// `MaxScanSize` to `max-scan-size`, `EmailMIMEArguments` to `email-mime-arguments`. A name in no such form is taken as it
/// is, in lowercase.
private func kebab(_ name: String) -> String {
    let letters = Array(name)
    var text = ""
    for (index, letter) in letters.enumerated() {
        if letter.isUppercase, index > 0 {
            let endsRun = index + 1 < letters.count && letters[index + 1].isLowercase
            if !letters[index - 1].isUppercase || endsRun { text.append("-") }
        }
        text.append(contentsOf: letter.lowercased())
    }
    return text
}

extension String {
    fileprivate func rest(after prefix: String) -> String? {
        guard utf8.starts(with: prefix.utf8) else { return nil }
        return String(Substring(utf8.dropFirst(prefix.utf8.count)))
    }
}
