package import Domain

/// What signatures must be older than.
package enum SignatureCutoff: Sendable, Equatable {
    /// A version of one database, which is named as its file is without the suffix: `daily`.
    case version(database: String, Int64)
    /// A time: the newest database of the set was built before it.
    case built(Timestamp)

    /// Whether a set of signatures is older. One that does not hold the database, or not as a signed one with a version,
    /// is not: there is nothing to compare.
    package func isAfter(_ databases: [SignatureDatabase]) -> Bool {
        switch self {
        case .version(let name, let bound):
            databases.contains { database in
                database.name.prefix { $0 != "." } == name && database.version.map { $0 < bound } ?? false
            }
        case .built(let bound):
            databases.map(\.built).max().map { $0 < bound } ?? false
        }
    }
}
