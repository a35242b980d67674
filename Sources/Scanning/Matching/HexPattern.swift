import Unpacking

/// The hexadecimal text of a body signature (ClamAV documentation, "Body-based Signature Content Format").
struct HexPattern {
    /// The literal bytes between wildcards, in order, letters in lower case. All of them stand in whatever matches.
    let runs: [[UInt8]]

    /// Returns nil for a text that is not understood.
    ///
    /// Whatever is not two digits ends a run: `??`, a nibble such as `a?`, `*`, `{n-m}`, `[n-m]`, alternatives
    /// `(aa|bb)` and their negation.
    init?(_ text: ArraySlice<UInt8>) {
        var runs: [[UInt8]] = []
        var run: [UInt8] = []
        var at = text.startIndex
        func end(_ closing: Character) -> Int? { text[at...].firstIndex(of: closing.asciiValue!) }
        while at < text.endIndex {
            let next = at + 1 < text.endIndex ? text[at + 1] : 0
            if let high = text[at].hexadecimalValue, let low = next.hexadecimalValue {
                run.append((high << 4 | low).lowercase)
                at += 2
                continue
            }
            if !run.isEmpty { runs.append(run) }
            run = []
            switch Character(UnicodeScalar(text[at])) {
            case "*", "!": at += 1
            case "{":
                guard let close = end("}") else { return nil }
                at = close + 1
            case "[":
                guard let close = end("]") else { return nil }
                at = close + 1
            case "(":
                // A parenthesis within another one is not of this format.
                guard let close = end(")"), !text[(at + 1)..<close].contains(UInt8(ascii: "(")) else { return nil }
                at = close + 1
            default:
                let isWildcard = text[at] == UInt8(ascii: "?")
                guard isWildcard || text[at].hexadecimalValue != nil,
                    next == UInt8(ascii: "?") || isWildcard && next.hexadecimalValue != nil
                else { return nil }
                at += 2
            }
        }
        if !run.isEmpty { runs.append(run) }
        self.runs = runs
    }

    /// The runs as UTF-16 little-endian, without each run's last zero.
    var wideRuns: [[UInt8]] { runs.map { Array($0.flatMap { [$0, 0] }.dropLast()) } }
}
