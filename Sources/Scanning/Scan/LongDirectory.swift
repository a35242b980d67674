import Unpacking

/// A ZIP with so many entries that the engine's listing of them, whose time grows with the square of their number,
/// would take seconds. The walk alone unpacks it.
enum LongDirectory {
    private static let entries: UInt64 = 4096

    static func isIn(_ file: FileSlice) -> Bool {
        // The shortest entry has a local header, a directory entry and a name in each.
        guard file.size > Int64(entries) * 78 else { return false }
        return (try? ZipStructure.estimatedEntries(of: file)).map { $0 > entries } == true
    }
}
