internal import Domain
internal import Support

/// Times and ages as flags take them.
extension Timestamp {
    /// Parses a point in time (`2026-11-21`, `2026-11-21T08:00:00Z`) or an age (`30m`). Returns nil for anything else.
    init?(parsing text: String, now: Timestamp) {
        if let time = Timestamp(iso8601: text) {
            self = time
        } else if let age = Duration(parsing: text) {
            self = now.advanced(by: .zero - age)
        } else {
            return nil
        }
    }
}

extension Duration {
    /// Parses a whole number of seconds, minutes, hours or days: `90s`, `15m`, `24h`, `7d`.
    init?(parsing text: String) {
        let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        guard let unit = text.last.flatMap({ units[$0] }), let count = Int(text.dropLast()),
            (0..<1_000_000).contains(count)
        else { return nil }
        self = .seconds(count * unit)
    }
}
