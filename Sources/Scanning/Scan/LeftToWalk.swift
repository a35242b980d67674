import Unpacking

/// The archives that the walk alone unpacks. The time of the engine's listing of a ZIP grows with the square of the
/// number of its entries, so that a long one takes seconds, and small damaged ARJs have held it for a minute.
enum LeftToWalk {
    private static let entries: UInt64 = 4096

    static func isIn(_ file: FileSlice) -> Bool {
        isIn(file, ContainerForm(descriptor: file.descriptor, offset: file.start))
    }

    /// - Parameter form: that the file begins with.
    static func isIn(_ file: FileSlice, _ form: ContainerForm?) -> Bool {
        switch form {
        case .arj: return true
        // The shortest entry has a local header, a directory entry and a name in each.
        case .zip where file.size > Int64(entries) * 78:
            return (try? ZipStructure.estimatedEntries(of: file)).map { $0 > entries } == true
        default: return false
        }
    }
}
