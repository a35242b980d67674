internal import Domain
internal import ScanProtocol

/// The rule for which signature set may replace the serving one.
///
/// A set that loads may still be incomplete: if a file was lost in copying, the rest loads without an error. So a
/// database that is far smaller than the serving one is refused, unless it is signed and of a newer version: ClamAV
/// retires signatures, at times most of them. A restart of the worker accepts any set that loads.
enum SignatureHandover {
    /// Returns why `new` must not replace `old`, or nil if it may.
    static func refusal(of new: EngineDescription, after old: EngineDescription) -> String? {
        if new.signatureCount <= 0 { return "the set holds no signature" }
        if old.findsEicar && !new.findsEicar {
            return "the set does not find the EICAR test file, which the one that serves does; \(hint)"
        }
        if let alarm = new.falseAlarm, old.falseAlarm == nil { return "the set finds \(alarm); \(hint)" }
        let (signed, serving) = (signedDatabases(of: new), signedDatabases(of: old))
        let missing = serving.keys.filter { signed[$0] == nil }.sorted()
        if !missing.isEmpty {
            let names = missing.joined(separator: ", ")
            return "the set lacks \(names), which the one that serves has; run freshclam, or \(hint)"
        }
        let newer = serving.filter { name, database in signed[name].map { isNewer($0, database) } ?? false }
        let unchanged = serving.filter { newer[$0.key] == nil }.map {
            (name: $0.key, old: $0.value, new: signed[$0.key])
        }
        let plain = plainDatabases(of: new)
        let pairs = unchanged + plainDatabases(of: old).map { (name: $0.key, old: $0.value, new: plain[$0.key]) }
        for pair in pairs.sorted(by: { $0.name < $1.name }) {
            guard let counts = pair.new?.signatures, let before = pair.old.signatures else { continue }
            if let thin = thinness(counts, before, of: pair.name) { return thin }
        }
        // Files may be missing: the rest is compared as a whole.
        guard newer.isEmpty else {
            return thinness(count(plain), count(plainDatabases(of: old)), of: "the set, without signed databases,")
        }
        return thinness(Int64(new.signatureCount), Int64(old.signatureCount), of: "the set")
    }

    private static let hint = "restart the worker to take the set as it is"

    private static func thinness(_ count: Int64, _ before: Int64, of name: String) -> String? {
        guard count < before - before / 2 else { return nil }
        return "\(name) holds \(count) signatures, less than half of the \(before) that serve; \(hint)"
    }

    private static func isNewer(_ new: SignatureDatabase, _ old: SignatureDatabase) -> Bool {
        (new.version ?? 0) > (old.version ?? 0)
    }

    private static func count(_ databases: [String: SignatureDatabase]) -> Int64 {
        databases.values.reduce(0) { $0 + ($1.signatures ?? 0) }
    }

    /// By stem: `daily` of `daily.cld`. freshclam replaces a `.cvd` by a `.cld` when it updates it; of two, the newer
    /// one counts.
    private static func signedDatabases(of set: EngineDescription) -> [String: SignatureDatabase] {
        let named = set.databases.filter { SignatureFile.isSigned($0.name) }.map {
            (SignatureFile.stem(of: $0.name), $0)
        }
        return Dictionary(named) { isNewer($1, $0) ? $1 : $0 }
    }

    private static func plainDatabases(of set: EngineDescription) -> [String: SignatureDatabase] {
        let plain = set.databases.filter { !SignatureFile.isSigned($0.name) && !SignatureFile.isExceptions($0.name) }
        return Dictionary(plain.map { ($0.name, $0) }) { first, _ in first }
    }
}
