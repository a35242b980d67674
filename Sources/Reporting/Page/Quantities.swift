/// `1,234,567`
func grouped(_ number: Int64) -> String {
    let digits = Array(String(number.magnitude))
    var text = number < 0 ? "-" : ""
    for (index, digit) in digits.enumerated() {
        if index > 0, (digits.count - index) % 3 == 0 { text.append(",") }
        text.append(digit)
    }
    return text
}

/// `17 B`, `1.5 KiB`, `230 MiB`
func byteText(_ bytes: Int64) -> String { scaled(bytes, by: 1024, ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]) }

/// `17 ms`, `1.5 s`, `12 min`, `3.0 h`, `2.0 days`
func durationText(_ milliseconds: Int64) -> String {
    let units: [(String, Int64)] = [("days", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1000)]
    guard let (name, length) = units.first(where: { milliseconds >= $0.1 }) else { return "\(milliseconds) ms" }
    return "\(tenths(milliseconds, length)) \(name)"
}

/// `12.5 %`; nothing of nothing is 0.
func percentText(_ part: Int64, of whole: Int64) -> String {
    whole > 0 ? "\(tenths(Int64(Double(part) * 1000 / Double(whole)), 10)) %" : "0 %"
}

private func scaled(_ value: Int64, by factor: Int64, _ units: [String]) -> String {
    var (unit, length) = (0, Int64(1))
    while unit + 1 < units.count, value / length >= factor {
        length *= factor
        unit += 1
    }
    return unit == 0 ? "\(value) \(units[0])" : "\(tenths(value, length)) \(units[unit])"
}

/// A quotient, with one decimal if it is below 10; rounded down.
private func tenths(_ value: Int64, _ length: Int64) -> String {
    let whole = value / length
    guard whole < 10 else { return grouped(whole) }
    return "\(whole).\(min(9, value % length / max(1, length / 10)))"
}
