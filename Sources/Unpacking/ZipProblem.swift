/// Something in the structure of a ZIP archive that one or another reader does not take as it stands.
package struct ZipProblem: Sendable, Equatable {
    package let kind: Kind
    /// Of the first place where it was found; printable.
    package let detail: String
    /// How many places it was found at.
    package internal(set) var count = 0

    /// What a kind of problem means to a scan. The greater one is the worse one.
    package enum Effect: Int, Sendable, Comparable {
        /// Every reader comes to the same content.
        case harmless
        /// libclamav passes it over without a word; libarchive opens it.
        case engineSkips
        /// Neither opens it.
        case unopened
        /// Some reader may see content that others do not: going through the directory proves nothing.
        case ambiguous

        package static func < (one: Self, other: Self) -> Bool { one.rawValue < other.rawValue }
    }

    package enum Kind: String, Sendable, CaseIterable {
        /// There is no end record, or no directory where it points.
        case noDirectory = "no-directory"
        /// The directory or an entry reaches behind the file's end.
        case truncated
        /// The directory is not what its end record says: another length, another number of entries, another place.
        case directoryDisagrees = "directory-disagrees"
        /// More than one end record that a reader could go by.
        case secondEndRecord = "second-end-record"
        /// A part of a set of several files.
        case multiDisk = "multi-disk"
        /// The 64-bit records are needed to find the directory or an entry.
        case zip64
        /// There are 64-bit records, and nothing needs them.
        case needlessZip64 = "needless-zip64"
        case encrypted
        /// A method that libarchive opens and libclamav does not.
        case methodOfLibarchive = "method-of-libarchive"
        /// A method that libclamav opens and libarchive does not: Deflate64, implode.
        case methodOfEngine = "method-of-engine"
        /// A method, or a patch, that neither opens.
        case unknownMethod = "unknown-method"
        /// An entry of the directory without a local header where it points.
        case noLocalHeader = "no-local-header"
        /// The local header gives another method, other flags, sizes or another check sum than the directory.
        case localHeaderDisagrees = "local-header-disagrees"
        case localNameDisagrees = "local-name-disagrees"
        /// The sizes of an entry cannot both be true.
        case sizesContradict = "sizes-contradict"
        /// Bytes behind an entry whose headers claim none: data that their sizes keep silent about.
        case unclaimedData = "unclaimed-data"
        /// A folder, by its name, that has bytes.
        case folderWithData = "folder-with-data"
        /// What stands behind an entry's data is not the descriptor that its flags announce.
        case descriptorDisagrees = "descriptor-disagrees"
        /// Entries that share bytes of the file.
        case overlap
        /// A local header that no entry of the directory points to.
        case hiddenEntry = "hidden-entry"
        /// Bytes between the entries, or between them and the directory, that belong to nothing.
        case gap
        /// Bytes before the first entry, such as a self-extractor's program.
        case prefix
        /// Bytes behind the end record.
        case trailingData = "trailing-data"

        package var effect: Effect {
            switch self {
            case .needlessZip64, .localNameDisagrees, .gap, .prefix, .methodOfEngine: .harmless
            case .zip64, .methodOfLibarchive: .engineSkips
            case .encrypted, .unknownMethod, .multiDisk: .unopened
            case .noDirectory, .truncated, .directoryDisagrees, .secondEndRecord, .noLocalHeader, .localHeaderDisagrees,
                .sizesContradict, .folderWithData, .descriptorDisagrees, .overlap, .hiddenEntry, .trailingData,
                .unclaimedData:
                .ambiguous
            }
        }
    }
}

/// How a problem is handed over where it is found.
typealias ZipNote = (ZipProblem.Kind, String) -> Void
