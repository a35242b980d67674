internal import CShims

/// The size of a file system and its free space, in bytes.
package struct DiskSpace: Sendable, Equatable {
    /// The bytes that this user can still write.
    package var free: Int64
    package var total: Int64

    package init(free: Int64, total: Int64) {
        self.free = free
        self.total = total
    }

    /// Asks the file system of a folder; returns nil if the call fails. Blocks as long as the file system does.
    package init?(of folder: String) {
        var (free, total): (Int64, Int64) = (0, 0)
        guard unsafe lz_disk_space(folder, &free, &total) == 0 else { return nil }
        self.init(free: free, total: total)
    }

    /// The bytes to leave free for the ledger and other programs: a twentieth of the disk, at most 1 GiB.
    package var reserve: Int64 { min(total / 20, 1 << 30) }

    /// Free bytes beyond the reserve; negative if less than the reserve is free.
    package var spare: Int64 { free - reserve }
}
