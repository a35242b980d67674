package import Domain

/// An engine and its signatures, as evidence, logs and `lazaret check` describe them.
package struct EngineDescription: Sendable, Equatable {
    /// `ClamAV 1.4.6`
    package let engine: String
    /// Names and versions of the databases: `main.cvd 62, daily.cld 27000` or `demo.ndb (3 signatures)`.
    package let signatures: String
    package let signatureCount: Int
    /// Each database, with its count of signatures.
    package let databases: [SignatureDatabase]
    /// Whether the signatures find the EICAR test file.
    package let findsEicar: Bool
    /// What they find in a file that is known to be clean; nil if nothing.
    package let falseAlarm: String?
    /// Which signatures are filtered.
    package let matching: MatchingFacts
    /// Each layer of the sandbox, given or missing.
    package let sandbox: [SandboxLayer]

    /// The layers of the sandbox that are missing on this machine, each with the reason.
    package var missingLayers: [String] { sandbox.filter { !$0.isGiven }.map { "\($0.name) (\($0.detail))" } }

    /// The properties that no layer of the sandbox gives on this machine.
    package var missingProperties: [SandboxProperty] {
        SandboxProperty.allCases.filter { $0.layers(of: sandbox).isEmpty }
    }

    /// Returns the engine as evidence names it.
    ///
    /// - Parameter isFiltered: whether signatures were left out that need a fragment.
    package func name(isFiltered: Bool) -> String { isFiltered ? "\(engine), filtered" : engine }

    private static let namedDatabases = 8

    package init(_ facts: EngineFacts) {
        engine = facts.engine
        signatureCount = Int(facts.signatures)
        databases = facts.databases
        findsEicar = facts.findsEicar
        falseAlarm = facts.falseAlarm.isEmpty ? nil : facts.falseAlarm
        matching = facts.matching
        sandbox = facts.sandbox
        var names = facts.databases.prefix(Self.namedDatabases).map { database in
            if let version = database.version { return "\(database.name) \(version)" }
            let count = database.signatures ?? 0
            return "\(database.name) (\(count) signature\(count == 1 ? "" : "s"))"
        }
        if facts.databases.count > names.count { names.append("\(facts.databases.count - names.count) more") }
        signatures = names.joined(separator: ", ")
    }

    /// When the newest signed database was built; if none is signed, when the newest file was last written.
    package var built: Timestamp? {
        let signed = databases.filter { $0.version != nil }
        return (signed.isEmpty ? databases : signed).map(\.built).max()
    }
}
