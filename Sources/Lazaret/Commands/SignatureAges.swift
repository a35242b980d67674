internal import Domain
internal import Inspection
internal import ScanProtocol

/// How old the signatures are, for people.
///
/// Only signed databases have a time that says how new their knowledge is, and somebody who brings them up to date: the time
/// of a plain file is that of its last copying. So a set without a signed database is called neither old nor new.
enum SignatureAges {
    static let staleness = Duration.seconds(86_400)

    /// A line for each database, and one more where there is something to say of the set.
    static func lines(of databases: [SignatureDatabase], now: Timestamp) -> [String] {
        var lines = databases.map { database in
            let number = database.signatures ?? 0
            let count = "\(number) signature\(number == 1 ? "" : "s")"
            let age = text(now.duration(since: database.built))
            guard let version = database.version else {
                return "\(database.name): \(count), file of \(database.built), \(age) old"
            }
            return "\(database.name): version \(version), \(count), built \(database.built), \(age) old"
        }
        if let remark = remark(on: databases, now: now) { lines.append(remark) }
        return lines
    }

    static func remark(on databases: [SignatureDatabase], now: Timestamp) -> String? {
        guard let newest = databases.filter({ $0.version != nil }).map(\.built).max() else {
            return "no database is signed by ClamAV: how up to date these signatures are cannot be told"
        }
        let age = now.duration(since: newest)
        guard age > staleness else { return nil }
        return "WARNING: the newest signed database is \(text(age)) old: run freshclam, and see that it keeps running"
    }

    /// `45 minutes`, `14 hours`, `3 days`: the largest unit of which there are at least two, rounded down.
    static func text(_ age: Duration) -> String {
        let seconds = max(0, age.components.seconds)
        for (unit, length) in [("days", 86_400), ("hours", 3600), ("minutes", 60)] as [(String, Int64)]
        where seconds >= 2 * length {
            return "\(seconds / length) \(unit)"
        }
        return "\(seconds) second\(seconds == 1 ? "" : "s")"
    }
}
