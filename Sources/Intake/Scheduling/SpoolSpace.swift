package import Support

/// The state of the spool's file system at one moment.
package struct SpoolSpace: Sendable, Equatable {
    package var disk: DiskSpace
    /// Bytes that the spools of this worker occupy there.
    package var spooled: Int64

    package init(disk: DiskSpace, spooled: Int64) {
        self.disk = disk
        self.spooled = spooled
    }
}
