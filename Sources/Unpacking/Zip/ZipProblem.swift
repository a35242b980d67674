/// A defect in the structure of a ZIP archive, or a feature that not every reader supports.
package struct ZipProblem: Sendable, Equatable {
    package let kind: Kind
    /// A printable description of its first occurrence.
    package let detail: String
    /// How often it occurs.
    package internal(set) var count = 0

    typealias Reporter = (Kind, _ detail: String) -> Void

    /// What a kind of problem means for a scan. The greater value is the worse one.
    package enum Effect: Int, Sendable, Comparable {
        /// Every reader sees the same content.
        case harmless
        /// libclamav skips it silently; libarchive reads it.
        case engineSkips
        /// Neither reads it.
        case unopened
        /// Some reader may see content that others do not: listing the directory proves nothing.
        case ambiguous

        package static func < (one: Self, other: Self) -> Bool { one.rawValue < other.rawValue }
    }

    package enum Kind: String, Sendable, CaseIterable {
        /// No end record, or no directory where it points.
        case noDirectory = "no-directory"
        /// The directory or an entry extends beyond the file's end.
        case truncated
        /// The directory's length, number of entries or offset is not what the end record says.
        case directoryDisagrees = "directory-disagrees"
        /// More than one end record that a reader could use.
        case secondEndRecord = "second-end-record"
        /// A part of a set of several files.
        case multiDisk = "multi-disk"
        /// The 64-bit records are needed to find the directory or an entry.
        case zip64
        /// There are 64-bit records that nothing needs.
        case needlessZip64 = "needless-zip64"
        case encrypted
        /// A method that only libarchive supports.
        case libarchiveMethod = "libarchive-method"
        /// A method that libarchive does not support: Deflate64, which `Deflate64Members` decodes, or implode.
        case engineMethod = "engine-method"
        /// A method, or patched data, that neither supports.
        case unknownMethod = "unknown-method"
        /// A directory entry that points to no local header.
        case noLocalHeader = "no-local-header"
        /// The local header gives another method, other flags or sizes, or another checksum than the directory.
        case localHeaderDisagrees = "local-header-disagrees"
        case localNameDisagrees = "local-name-disagrees"
        /// The sizes of an entry cannot both be true.
        case sizesContradict = "sizes-contradict"
        /// Bytes after an entry whose headers declare none: a streaming reader takes them for its data.
        case undeclaredData = "undeclared-data"
        /// An entry with the name of a folder that has data.
        case folderWithData = "folder-with-data"
        /// The data descriptor that an entry's flags promise is missing or differs from the directory.
        case descriptorDisagrees = "descriptor-disagrees"
        /// Entries that share bytes of the file.
        case overlap
        /// A local header that no directory entry points to.
        case hiddenEntry = "hidden-entry"
        /// Bytes between the entries, or between them and the directory, that belong to no entry.
        case gap
        /// Bytes before the first entry, such as a self-extractor's program.
        case prefix
        /// Bytes after the end record.
        case trailingData = "trailing-data"

        package var effect: Effect {
            switch self {
            case .needlessZip64, .localNameDisagrees, .gap, .prefix, .engineMethod: .harmless
            case .zip64, .libarchiveMethod: .engineSkips
            case .encrypted, .unknownMethod, .multiDisk: .unopened
            case .noDirectory, .truncated, .directoryDisagrees, .secondEndRecord, .noLocalHeader, .localHeaderDisagrees,
                .sizesContradict, .folderWithData, .descriptorDisagrees, .overlap, .hiddenEntry, .trailingData,
                .undeclaredData:
                .ambiguous
            }
        }
    }
}
