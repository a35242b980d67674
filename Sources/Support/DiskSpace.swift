internal import CShims

/// How much a file system holds and can still take, in bytes.
package struct DiskSpace: Sendable, Equatable {
    /// What this user can still write.
    package var free: Int64
    package var total: Int64

    package init(free: Int64, total: Int64) {
        self.free = free
        self.total = total
    }

    /// Of the file system that a folder is on; nil where it does not tell. Blocks as long as the file system does.
    package init?(of folder: String) {
        var (free, total): (Int64, Int64) = (0, 0)
        guard unsafe lz_disk_space(folder, &free, &total) == 0 else { return nil }
        self.init(free: free, total: total)
    }

    /// What is to be left free, for the ledger and whoever else writes there: a twentieth, 1 GiB at the most.
    package var reserve: Int64 { min(total / 20, 1 << 30) }

    /// Free beyond the reserve; below zero where that is touched.
    package var spare: Int64 { free - reserve }
}
