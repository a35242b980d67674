extension ScalarParser<VerdictReuse> {
    /// `true`, `false`, or for how long: `30m`, `12h`, `7d`.
    static var verdictReuse: ScalarParser {
        let units: [String: Int64] = ["m": 60, "h": 3600, "d": 86_400]
        let range: ClosedRange<Int64> = 60...31_536_000
        return ScalarParser(expected: "true, false, or a whole number with m, h or d, such as 7d") {
            text, isPlain throws(ScalarError) in
            switch text {
            case "true" where isPlain: return .always
            case "false" where isPlain: return .never
            default: break
            }
            guard let (number, unit) = numberAndUnit(text), let factor = units[unit] else { throw .unexpected }
            let (seconds, overflows) = number.multipliedReportingOverflow(by: factor)
            guard !overflows, range.contains(seconds) else {
                throw .message("\(quoted(text)) is out of range; expected 1m to 365d")
            }
            return .within(.seconds(seconds))
        }
    }
}
