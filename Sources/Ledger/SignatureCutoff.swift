package import Domain

/// A cutoff that signature sets are compared with.
package enum SignatureCutoff: Sendable, Equatable {
    /// A version of one database. The database is named like its file, without the suffix: `daily`.
    case version(database: String, Int64)
    /// A time. A set is older if its newest database was built before it.
    case built(Timestamp)

    /// Returns whether a signature set is older than the cutoff. A set without the database, or with an unsigned one
    /// that has no version, is not older.
    package func isAfter(_ databases: [SignatureDatabase]) -> Bool {
        switch self {
        case .version(let name, let cutoff):
            databases.contains { database in
                database.name.prefix { $0 != "." } == name && database.version.map { $0 < cutoff } ?? false
            }
        case .built(let cutoff):
            databases.map(\.built).max().map { $0 < cutoff } ?? false
        }
    }
}
