package import Domain

/// The engine that serves, in the words of an outcome's evidence.
package struct EngineDescription: Sendable, Equatable {
    /// `ClamAV 1.4.6`
    package let engine: String
    /// Names and versions of the databases: `main.cvd 62, daily.cld 27000`, or `demo.ndb (3 signatures)`.
    package let signatures: String
    package let signatureCount: Int
    /// Each database with its version and build time.
    package let databases: [SignatureDatabase]
    /// Whether the signatures find the EICAR test file.
    package let findsEicar: Bool
    /// What shuts the scanner's children in, layer by layer, given or missing.
    package let sandbox: [SandboxLayer]

    /// The layers of the sandbox that this machine does not give, each with the reason.
    package var missingLayers: [String] { sandbox.filter { !$0.isGiven }.map { "\($0.name) (\($0.detail))" } }

    private static let namedDatabases = 8

    package init(_ facts: EngineFacts) {
        engine = facts.engine
        signatureCount = Int(facts.signatures)
        databases = facts.databases
        findsEicar = facts.findsEicar
        sandbox = facts.sandbox
        var names = facts.databases.prefix(Self.namedDatabases).map { database in
            if let version = database.version { return "\(database.name) \(version)" }
            let count = database.signatures ?? 0
            return "\(database.name) (\(count) signature\(count == 1 ? "" : "s"))"
        }
        if facts.databases.count > names.count { names.append("\(facts.databases.count - names.count) more") }
        signatures = names.joined(separator: ", ")
    }

    /// When the newest of the signed databases was built; where none is signed, when the newest file was last written.
    package var built: Timestamp? {
        let signed = databases.filter { $0.version != nil }
        return (signed.isEmpty ? databases : signed).map(\.built).max()
    }
}
