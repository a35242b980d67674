internal import Domain
internal import ScanProtocol

/// The rule for which signature set may replace the serving one.
///
/// A set that loads may still be incomplete: if a file was lost in copying, the rest loads without an error. So a set
/// that is far smaller than the serving one is refused. A restart of the worker accepts any set that loads.
enum SignatureHandover {
    /// Returns why `new` must not replace `old`, or nil if it may.
    static func refusal(of new: EngineDescription, after old: EngineDescription) -> String? {
        let hint = "restart the worker to take the set as it is"
        if new.signatureCount <= 0 { return "the set holds no signature" }
        if old.findsEicar && !new.findsEicar {
            return "the set does not find the EICAR test file, which the one that serves does; \(hint)"
        }
        let missing = old.databases.filter(isSigned).map { stem(of: $0.name) }.filter { name in
            !new.databases.contains { isSigned($0) && stem(of: $0.name) == name }
        }
        if !missing.isEmpty {
            let names = missing.joined(separator: ", ")
            return "the set lacks \(names), which the one that serves has; run freshclam, or \(hint)"
        }
        if new.signatureCount < old.signatureCount - old.signatureCount / 2 {
            return "the set holds \(new.signatureCount) signatures, less than half of the "
                + "\(old.signatureCount) that serve; \(hint)"
        }
        return nil
    }

    private static func isSigned(_ database: SignatureDatabase) -> Bool { SignatureFile.isSigned(database.name) }

    /// `daily` of `daily.cld`. freshclam replaces a `.cvd` by a `.cld` when it updates it.
    private static func stem(of name: String) -> String {
        name.lastIndex(of: ".").map { String(name[..<$0]) } ?? name
    }
}
