internal import Support
internal import Transfer

/// The object is larger than the whole disk of the spool: no wait and no retry would help.
package struct TooLargeForSpool: Error, Equatable, CustomStringConvertible {
    let size: Int64
    let room: Int64

    /// Returns nil if the disk can hold the object once it is empty, or does not report its size.
    init?(_ size: Int64, on disk: DiskSpace?) {
        guard size > Spool.inMemoryLimit, let disk else { return nil }
        room = disk.total - disk.reserve
        self.size = size
        guard size > room else { return nil }
    }

    package var description: String {
        "\(size) bytes are more than the spool's disk can hold (\(room)): use a larger disk for `--spool`, or set max-size"
    }
}
