private let bytesOfUnits: [String: Int64] = [
    "": 1, "B": 1,
    "kB": 1000, "KB": 1000, "MB": 1_000_000, "GB": 1_000_000_000, "TB": 1_000_000_000_000,
    "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40,
]

/// Parses a size such as `5GiB`, `10MB` or a number of bytes; returns nil for any other text, and beyond 64 bits.
package func byteCount(_ text: String) -> Int64? {
    guard let (number, unit) = numberAndUnit(text), let factor = bytesOfUnits[unit] else { return nil }
    let (bytes, overflows) = number.multipliedReportingOverflow(by: factor)
    return overflows ? nil : bytes
}

extension ScalarParser<Int64> {
    /// A size in bytes: `5GiB`, `10MB` or a number.
    static func size(in range: ClosedRange<Int64>) -> ScalarParser {
        ScalarParser(expected: "a size: a whole number of bytes, or one with KiB, MiB, GiB, TiB, KB, MB, GB, TB") {
            text, _ throws(ScalarError) in
            guard let (number, unit) = numberAndUnit(text), let factor = bytesOfUnits[unit] else { throw .unexpected }
            let (bytes, overflows) = number.multipliedReportingOverflow(by: factor)
            guard !overflows, range.contains(bytes) else {
                throw .message(
                    "\(quoted(text)) is out of range; expected \(range.lowerBound) to \(range.upperBound) bytes")
            }
            return bytes
        }
    }
}

extension ScalarParser<Duration> {
    /// A duration with its unit: `500ms`, `120s`, `2m`, `1h`.
    static func duration(in range: ClosedRange<Duration>) -> ScalarParser {
        let units: [String: Int64] = ["ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000]
        return ScalarParser(expected: "a duration: a whole number with ms, s, m or h, such as 120s") {
            text, _ throws(ScalarError) in
            guard let (number, unit) = numberAndUnit(text) else { throw .unexpected }
            guard !unit.isEmpty else { throw .note("the unit is missing") }
            guard let factor = units[unit] else { throw .unexpected }
            let (milliseconds, overflows) = number.multipliedReportingOverflow(by: factor)
            let duration = Duration.milliseconds(milliseconds)
            guard !overflows, range.contains(duration) else {
                throw .message("\(quoted(text)) is out of range; expected \(range.lowerBound) to \(range.upperBound)")
            }
            return duration
        }
    }
}

/// Splits `120s` into 120 and `s`; returns nil if the text does not start with a digit, or the number exceeds 64 bits.
func numberAndUnit(_ text: String) -> (number: Int64, unit: String)? {
    let digits = text.utf8.prefix { (0x30...0x39).contains($0) }
    guard !digits.isEmpty, let number = Int64(String(Substring(digits))) else { return nil }
    return (number, String(Substring(text.utf8.dropFirst(digits.count))))
}
