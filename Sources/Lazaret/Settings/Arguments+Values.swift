internal import Domain
internal import Listener
internal import Pipelines
internal import ScanProtocol
internal import Support

/// The types of values that flags take. Each function throws a `CommandFailure` that names the flag and what it takes.
extension Arguments {
    /// The job IDs among the operands.
    func jobIDs() throws -> [JobID] {
        try operands.map { text in
            guard let id = JobID(text) else {
                throw CommandFailure(.usage, "'\(text)' is not a job ID: a job ID has 32 hexadecimal digits")
            }
            return id
        }
    }

    /// Reads `s3://BUCKET` or `s3://BUCKET/PREFIX`.
    static func place(_ text: String) throws -> (bucket: String, prefix: String) {
        let scheme = "s3://"
        let name = text.utf8.dropFirst(scheme.utf8.count)
        let bucket = String(Substring(name.prefix { $0 != UInt8(ascii: "/") }))
        guard text.hasPrefix(scheme), !bucket.isEmpty else {
            throw CommandFailure(.usage, "'\(text)' is not s3://BUCKET or s3://BUCKET/PREFIX")
        }
        return (bucket, String(Substring(name.dropFirst(bucket.utf8.count + 1))))
    }

    func integer(_ name: String, in range: ClosedRange<Int>) throws -> Int? {
        guard let text = text(name) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw CommandFailure(
                .usage,
                "\(origin(of: name)) takes a whole number from \(range.lowerBound) to \(range.upperBound), not '\(text)'"
            )
        }
        return number
    }

    /// Seconds, with or without a fraction, with or without the unit `s`.
    func seconds(_ name: String) throws -> Duration? {
        guard let text = text(name) else { return nil }
        let digits = text.hasSuffix("s") ? String(text.dropLast()) : text
        guard let number = Double(digits), number.isFinite, number > 0, number <= 86_400 * 365 else {
            throw CommandFailure(.usage, "\(origin(of: name)) takes seconds above 0, not '\(text)'")
        }
        return .seconds(number)
    }

    /// One of the raw values of an enumeration.
    func choice<Choice: RawRepresentable & CaseIterable>(_ name: String, of: Choice.Type) throws -> Choice?
    where Choice.RawValue == String {
        try text(name).map { try choice(name, $0, of: Choice.self) }
    }

    /// The value of `--require-sandbox`.
    func sandboxRequirement() throws -> SandboxRequirement {
        let name = "require-sandbox"
        guard isSet(name), let text = text(name)?.lowercased() else { return .none }
        switch text {
        case "all": return .all
        case "true", "1", "yes": return .properties
        default: throw CommandFailure(.usage, "\(origin(of: name)) takes nothing or 'all', not '\(text)'")
        }
    }

    /// The value of `--matching`.
    func patternMatching() throws -> PatternMatching {
        let text = text("matching") ?? ""
        guard let mode = PatternMatching(flag: text) else {
            throw CommandFailure(.usage, "\(origin(of: "matching")) takes whole or filtered, not '\(text)'")
        }
        return mode
    }

    /// The value of `--verify-matching`, as a share from 0 to 1.
    func verifiedShare() throws -> Double {
        let share = try share("verify-matching")
        if share > 0, try patternMatching() == .whole {
            throw CommandFailure(.usage, "\(origin(of: "verify-matching")) needs --matching filtered")
        }
        return share
    }

    /// A share from 0 to 1, of a percentage with or without the sign.
    func share(_ name: String) throws -> Double {
        let text = try required(name)
        let digits = text.hasSuffix("%") ? String(text.dropLast()) : text
        guard let percent = Double(digits), (0...100).contains(percent) else {
            throw CommandFailure(.usage, "\(origin(of: name)) takes a percentage from 0 to 100, not '\(text)'")
        }
        return percent / 100
    }

    /// Raw values of an enumeration, of a flag that may be given more than once.
    func choices<Choice: RawRepresentable & CaseIterable>(_ name: String, of: Choice.Type) throws -> [Choice]
    where Choice.RawValue == String {
        try texts(name).map { try choice(name, $0, of: Choice.self) }
    }

    private func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String, _ text: String, of: Choice.Type
    ) throws -> Choice where Choice.RawValue == String {
        guard let choice = Choice(rawValue: text) else {
            let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw CommandFailure(.usage, "\(origin(of: name)) takes one of \(known), not '\(text)'")
        }
        return choice
    }

    /// Bytes, as in a pipeline: a whole number, optionally with a unit such as MiB.
    func byteCount(_ name: String, in range: ClosedRange<Int64> = 1...Int64.max) throws -> Int64? {
        guard let text = text(name) else { return nil }
        guard let bytes = Pipelines.byteCount(text), range.contains(bytes) else {
            let expected =
                range.upperBound == .max
                ? "above 0, such as 500MB or 20GiB"
                : "from \(inUnits(range.lowerBound)) to \(inUnits(range.upperBound)), such as 512MiB"
            throw CommandFailure(.usage, "\(origin(of: name)) takes a size \(expected), not '\(text)'")
        }
        return bytes
    }

    /// A number per second: `50/s`, `0.5/s`, or the number alone.
    func rate(_ name: String) throws -> Double? {
        guard let text = text(name) else { return nil }
        let digits = text.hasSuffix("/s") ? String(text.dropLast(2)) : text
        guard let rate = Double(digits), rate.isFinite, rate >= 0.1, rate <= 10_000 else {
            throw CommandFailure(
                .usage, "\(origin(of: name)) takes a rate from 0.1/s to 10000/s, such as 50/s, not '\(text)'")
        }
        return rate
    }

    /// A point in time, given as such or as an age.
    func time(_ name: String, now: Timestamp) throws -> Timestamp? {
        guard let text = text(name) else { return nil }
        guard let time = Timestamp(parsing: text, now: now) else {
            throw CommandFailure(
                .usage,
                "\(origin(of: name)) takes a time such as 2026-11-21 or 2026-11-21T08:00:00Z, or an age such as 30m, 24h or 7d, not '\(text)'"
            )
        }
        return time
    }

    /// The address of a listener.
    func listenAddress(_ name: String) throws -> ListenAddress? {
        guard let text = text(name) else { return nil }
        guard let address = ListenAddress(text) else {
            throw CommandFailure(
                .usage,
                "\(origin(of: name)) takes HOST:PORT, such as 127.0.0.1:9464 or [::1]:9464, not '\(text)'")
        }
        return address
    }

    func age(_ name: String) throws -> Duration {
        let text = try required(name)
        guard let age = Duration(parsing: text) else {
            throw CommandFailure(.usage, "\(origin(of: name)) takes an age such as 90s, 15m, 2h or 1d, not '\(text)'")
        }
        return age
    }
}

/// As a flag takes it, in the largest unit that leaves a whole number.
private func inUnits(_ bytes: Int64) -> String {
    for (shift, unit) in [(Int64(40), "TiB"), (30, "GiB"), (20, "MiB"), (10, "KiB")]
    where bytes > 0 && bytes % (1 << shift) == 0 {
        return "\(bytes >> shift)\(unit)"
    }
    return "\(bytes)"
}
