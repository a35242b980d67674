package import ScanProtocol

/// The engine that serves, in the words of an outcome's evidence.
package struct EngineDescription: Sendable, Equatable {
    /// `ClamAV 1.4.6`
    package let engine: String
    /// Names and versions of the databases: `main.cvd 62, daily.cld 27000`, or `demo.ndb (3 signatures)`.
    package let signatures: String
    package let signatureCount: Int
    /// Each database with its version and build time.
    package let databases: [EngineFacts.Database]
    /// Whether the signatures find the EICAR test file.
    package let findsEicar: Bool
    /// What shuts the scanner's children in, layer by layer, given or missing.
    package let cell: [CellLayer]

    /// The layers of the cell that this machine does not give, each with the reason.
    package var missingLayers: [String] { cell.filter { !$0.isGiven }.map { "\($0.name) (\($0.detail))" } }

    private static let namedDatabases = 8

    package init(_ facts: EngineFacts) {
        engine = facts.engine
        signatureCount = Int(facts.signatures)
        databases = facts.databases
        findsEicar = facts.findsEicar
        cell = facts.cell
        var names = facts.databases.prefix(Self.namedDatabases).map { database in
            if let version = database.version { return "\(database.name) \(version)" }
            return "\(database.name) (\(database.signatures) signature\(database.signatures == 1 ? "" : "s"))"
        }
        if facts.databases.count > names.count { names.append("\(facts.databases.count - names.count) more") }
        signatures = names.joined(separator: ", ")
    }
}
