package import Domain

/// What the engine's own alerts mean. All that starts with `Heuristics.` is its opinion on a file's form; the part of it
/// that says "this was not wholly seen" is a limit, not an infection.
package func finding(forAlert name: String, limits: ScanLimits) -> Finding {
    if name.isEmpty { return Finding(.limit, "unnamed-alert", detail: "the engine gave an alert without a name") }
    if let rest = name.rest(after: "Heuristics.Limits.Exceeded.") {
        return Finding(.limit, kebab(rest), detail: name)
    }
    if name.utf8.starts(with: "Heuristics.Limits".utf8) { return Finding(.limit, "limit-exceeded", detail: name) }
    if name.utf8.starts(with: "Heuristics.Encrypted".utf8) { return encrypted(detail: name, limits) }
    if name.utf8.starts(with: "Heuristics.Broken".utf8) { return Finding(.limit, "malformed", detail: name) }
    switch name {
    case "Heuristics.Zip.OverlappingFiles": return Finding(.limit, "overlapping-entries", detail: name)
    case "Heuristics.XZ.DicSizeLimit": return Finding(.limit, "max-dictionary", detail: name)
    default: return Finding(.signature, name)
    }
}

/// Encrypted content, as the pipeline takes it.
func encrypted(detail: String, _ limits: ScanLimits) -> Finding {
    switch limits.encrypted {
    case .unscannable: Finding(.limit, "encrypted", detail: detail)
    case .allow: Finding(.note, "encrypted", detail: detail)
    }
}

/// `MaxScanSize` to `max-scan-size`. A name in no such form is taken as it is, in lowercase.
private func kebab(_ name: String) -> String {
    var text = ""
    for character in name {
        if character.isUppercase, !text.isEmpty { text.append("-") }
        text.append(contentsOf: character.lowercased())
    }
    return text
}

extension String {
    fileprivate func rest(after prefix: String) -> String? {
        guard utf8.starts(with: prefix.utf8) else { return nil }
        return String(Substring(utf8.dropFirst(prefix.utf8.count)))
    }
}
