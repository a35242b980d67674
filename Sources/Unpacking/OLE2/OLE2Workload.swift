/// The work that the streams of an OLE2 file are: the engine follows the chain of each, and thousands of entries may
/// share one.
package enum OLE2Workload {
    /// The bytes of all streams, for each byte of the file. Sectors belong to one stream each.
    private static let ratio: Int64 = 4
    private static let least: Int64 = 1 << 20

    /// Whether the directory declares no more bytes than the file can have. True if there is no directory to be read.
    package static func isBounded(_ layer: FileSlice) -> Bool {
        guard var file = try? OLE2File(layer), let directory = try? OLE2Directory(of: &file) else { return true }
        var left = ratio * layer.size + least
        for entry in directory.entries {
            left -= min(entry.size, layer.size)
            guard left > 0 else { return false }
        }
        return true
    }
}
