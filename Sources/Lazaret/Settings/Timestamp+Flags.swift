internal import Domain
internal import Support

/// Times and ages as people give them to flags.
extension Timestamp {
    /// A point in time, `2026-11-21` or `2026-11-21T08:00:00Z`, or an age, `30m`; nil for a text that is neither.
    init?(told text: String, now: Timestamp) {
        if let time = Timestamp(iso8601: text) {
            self = time
        } else if let age = Duration(told: text) {
            self = now.advanced(by: .zero - age)
        } else {
            return nil
        }
    }
}

extension Duration {
    /// A whole number of seconds, minutes, hours or days: `90s`, `15m`, `24h`, `7d`.
    init?(told text: String) {
        let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        guard let unit = text.last.flatMap({ units[$0] }), let count = Int(text.dropLast()),
            (0..<1_000_000).contains(count)
        else { return nil }
        self = .seconds(count * unit)
    }
}

extension Arguments {
    /// The time that a flag gives, as a point in time or as an age.
    func time(_ name: String, now: Timestamp) throws -> Timestamp? {
        guard let text = text(name) else { return nil }
        guard let time = Timestamp(told: text, now: now) else {
            throw CommandFailure(
                .usage,
                "\(origin(of: name)) takes a time as 2026-11-21 or 2026-11-21T08:00:00Z, or an age as 30m, 24h, 7d; not '\(text)'"
            )
        }
        return time
    }

    func age(_ name: String) throws -> Duration {
        let text = try required(name)
        guard let age = Duration(told: text) else {
            throw CommandFailure(.usage, "\(origin(of: name)) takes an age as 90s, 15m, 2h or 1d, not '\(text)'")
        }
        return age
    }
}
