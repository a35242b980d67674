internal import Domain
internal import Inspection
internal import ScanProtocol
internal import Support

/// The ages of signature databases as text.
///
/// Only the build time of a signed database says how recent its signatures are. The modification time of a plain file
/// is that of its last copy, so that a set without a signed database counts neither as old nor as new.
enum SignatureAges {
    static let staleness = Duration.seconds(3 * 86_400)

    /// A line per database, and a remark on the whole set if there is one.
    static func lines(of databases: [SignatureDatabase], now: Timestamp) -> [String] {
        var lines = databases.map { database in
            let number = database.signatures ?? 0
            let count = "\(number) signature\(number == 1 ? "" : "s")"
            let age = text(now.duration(since: database.built))
            guard let version = database.version else {
                return "\(database.name): \(count), modified \(database.built), \(age) old"
            }
            return "\(database.name): version \(version), \(count), built \(database.built), \(age) old"
        }
        if let remark = remark(on: databases, now: now) { lines.append(remark) }
        return lines
    }

    static func remark(on databases: [SignatureDatabase], now: Timestamp) -> String? {
        guard let newest = databases.filter({ $0.version != nil }).map(\.built).max() else {
            return "no database is signed by ClamAV, so it is unknown how recent these signatures are"
        }
        let age = now.duration(since: newest)
        guard age > staleness else { return nil }
        return
            "WARNING: the newest signed database is \(text(age)) old: run freshclam, and make sure that it keeps running"
    }

    /// - Parameter built: when the newest signed database was built, else when the newest file was written.
    /// - Throws: `CommandFailure` if that is longer ago than `limit`.
    static func check(_ built: Timestamp?, notOver limit: Duration, now: Timestamp = .now()) throws -> String {
        guard let built else { throw CommandFailure(.configuration, "there are no signatures") }
        let age = now.duration(since: built)
        guard age <= limit else {
            throw CommandFailure(
                .configuration,
                "the newest signatures are \(text(age)) old, and --max-signature-age is \(text(limit)): run freshclam")
        }
        return "\(text(age)), at most \(text(limit))"
    }

    /// The age in the largest unit that gives at least two, rounded down: `45 minutes`, `14 hours`, `3 days`.
    static func text(_ age: Duration) -> String {
        let seconds = max(0, age.components.seconds)
        for (unit, length) in [("days", 86_400), ("hours", 3600), ("minutes", 60)] as [(String, Int64)]
        where seconds >= 2 * length {
            return "\(seconds / length) \(unit)"
        }
        return "\(seconds) second\(seconds == 1 ? "" : "s")"
    }
}
