internal import Glibc

/// Flags of commands that change what a queue, a bucket or the ledger holds.
extension Flag {
    static let actor = Flag("actor", "NAME", "who asks, for the audit trail (default: the user's name)")
}

extension Arguments {
    /// Who asks for a change: as `--actor` says, else the user.
    func actor() throws -> String {
        if let name = text("actor"), !name.isEmpty { return name }
        if let name = environment["USER"] ?? environment["LOGNAME"], !name.isEmpty { return name }
        return "uid \(getuid())"
    }

    /// So many a second: `50/s`, `0.5/s`, or the number alone.
    func rate(_ name: String) throws -> Double? {
        guard let text = text(name) else { return nil }
        let digits = text.hasSuffix("/s") ? String(text.dropLast(2)) : text
        guard let rate = Double(digits), rate.isFinite, rate > 0, rate <= 1_000_000 else {
            throw CommandFailure(.usage, "\(origin(of: name)) takes a number a second as 50/s, not '\(text)'")
        }
        return rate
    }
}
