/// Flags of commands that change what a queue, a bucket or the ledger holds.
extension Flag {
    static let actor = Flag(
        "actor", "NAME", "who asks for it, for the audit trail (default: the login's name and the host's)")
}

extension Arguments {
    /// So many a second: `50/s`, `0.5/s`, or the number alone.
    func rate(_ name: String) throws -> Double? {
        guard let text = text(name) else { return nil }
        let digits = text.hasSuffix("/s") ? String(text.dropLast(2)) : text
        guard let rate = Double(digits), rate.isFinite, rate >= 0.1, rate <= 10_000 else {
            throw CommandFailure(
                .usage, "\(origin(of: name)) takes so many a second, as 50/s, from 0.1 to 10000; not '\(text)'")
        }
        return rate
    }
}
