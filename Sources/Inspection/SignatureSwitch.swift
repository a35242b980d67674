package import Domain
internal import ScanProtocol

/// Whether a set of signatures may take the place of the one that serves.
///
/// A set that loads is not yet a set that protects: a file that was lost in copying leaves a smaller set that loads as well.
/// So a set that is far thinner than what serves is refused, however it came about; whoever means it restarts the worker,
/// which takes any set that loads.
enum SignatureSwitch {
    /// Why `new` may not follow `old`; nil where it may.
    static func refusal(of new: EngineDescription, after old: EngineDescription) -> String? {
        let escape = "restart the worker to take the set as it is"
        if new.signatureCount <= 0 { return "the set holds no signature" }
        if old.findsEicar && !new.findsEicar {
            return "the set does not find the EICAR test file, which the one that serves does; \(escape)"
        }
        let missing = old.databases.filter(isSigned).map { stem(of: $0.name) }.filter { name in
            !new.databases.contains { isSigned($0) && stem(of: $0.name) == name }
        }
        if !missing.isEmpty {
            let names = missing.joined(separator: ", ")
            return "the set lacks \(names), which the one that serves has; run freshclam, or \(escape)"
        }
        if new.signatureCount < old.signatureCount - old.signatureCount / 2 {
            return "the set holds \(new.signatureCount) signatures, less than half of the "
                + "\(old.signatureCount) that serve; \(escape)"
        }
        return nil
    }

    private static func isSigned(_ database: SignatureDatabase) -> Bool { SignatureFile.isSigned(database.name) }

    /// `daily` of `daily.cld`: freshclam turns a `.cvd` into a `.cld` when it brings it up to date.
    private static func stem(of name: String) -> String {
        name.lastIndex(of: ".").map { String(name[..<$0]) } ?? name
    }
}

/// How the signatures of a running scanner have fared, for metrics.
package struct SignatureStatus: Sendable, Equatable {
    /// Sets that took the place of another one.
    package var switches = 0
    /// Sets that were loaded and not taken.
    package var refusals = 0
    /// Why the set that stands in the folder does not serve; nil where it does, or is still on its way.
    package var refusal: String?
    /// When the newest database of what serves was built; nil before the first load.
    package var built: Timestamp?
    /// When what serves began to serve; nil before the first load.
    package var loaded: Timestamp?

    package init() {}
}
