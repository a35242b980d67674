package import Domain

extension Finding {
    /// The finding for an alert of the engine.
    ///
    /// Names that start with `Heuristics.` are the engine's own (libclamav 1.4). Those that report an object as not
    /// wholly inspected, or as contradicting itself, are limits; a picture's oddities are notes. The others (phishing,
    /// obfuscation, known worms) count as matches. A name that ends in `.UNOFFICIAL` always belongs to a signature: the
    /// engine appends that to the names in files that ClamAV did not sign.
    package init(alert name: String, path: String, limits: ScanLimits) {
        let finding = Finding(alert: name, limits: limits)
        self.init(finding.kind, finding.name, detail: finding.detail, path: path)
    }

    package init(alert name: String, limits: ScanLimits) {
        if name.isEmpty {
            self.init(.limit, "unnamed-alert", detail: "the engine gave an alert without a name")
        } else if let rule = yaraRule(name) {
            self.init(.signature, rule, detail: "YARA")
        } else if let heuristic = name.rest(after: "Heuristics."), !name.hasSuffix(unofficial) {
            self.init(heuristic: heuristic, alert: name, limits: limits)
        } else {
            self.init(.signature, name)
        }
    }

    private init(heuristic: String, alert: String, limits: ScanLimits) {
        if let limit = heuristic.rest(after: "Limits.Exceeded.") {
            self.init(.limit, kebabCase(limit), detail: alert)
        } else if heuristic.rest(after: "Limits") != nil {
            self.init(.limit, "limit-exceeded", detail: alert)
        } else if heuristic.rest(after: "Encrypted") != nil {
            self.init(encrypted: alert, limits: limits)
        } else if heuristic.rest(after: "Broken.Media.") != nil {
            // A picture is no container: its bytes were matched whole, and viewers show it all the same.
            self.init(.note, "broken-media", detail: alert)
        } else if heuristic.rest(after: "Broken") != nil {
            self.init(.limit, "malformed", detail: alert)
        } else {
            switch heuristic {
            case "Zip.OverlappingFiles": self.init(.limit, "overlapping-entries", detail: alert)
            case "XZ.DicSizeLimit": self.init(.limit, "max-dictionary", detail: alert)
            // The engine spells the second one so.
            case "APMPartitionIntersection", "MBRPartitionnIntersect", "GPTPartitionIntersection":
                self.init(.limit, "malformed", detail: alert)
            default: self.init(.signature, alert)
            }
        }
    }
}

private let unofficial = ".UNOFFICIAL"

/// Returns the rule's name in `YARA.Name.UNOFFICIAL`, the form in which the engine reports a matching YARA rule, or nil
/// for other alerts.
private func yaraRule(_ alert: String) -> String? {
    guard var rule = alert.rest(after: "YARA.") else { return nil }
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

/// `MaxScanSize` to `max-scan-size`, `EmailMIMEArguments` to `email-mime-arguments`. A name in another form only
/// becomes lowercase.
private func kebabCase(_ name: String) -> String {
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
