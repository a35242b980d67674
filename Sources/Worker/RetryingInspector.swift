package import Domain
internal import Glibc
package import Inspection
package import Judging
internal import Support
package import Transfer

/// Scanners that are waited for while the disk under their scratch folder is full: a scan that met it says nothing of the
/// object, and is repeated once there is room.
///
/// It may be the object that fills the disk, up to a child's own bound. One that did so in three tries, with room before
/// each but the first, is what the last of them found it to be: not wholly inspected, for want of `resources`.
package struct RetryingInspector: Inspector {
    private let base: any Inspector
    private let folder: SpoolFolder
    private let share: Int64

    private static let tries = 3
    /// How much of scratch a scan is expected to take, beside the object's size.
    private static let (least, factor): (Int64, Int64) = (64 << 20, 16)

    /// - Parameters:
    ///   - folder: the scratch folder.
    ///   - share: bytes that one scan may write there at the most.
    package init(_ base: any Inspector, folder: SpoolFolder, share: Int64) {
        self.base = base
        self.folder = folder
        self.share = share
    }

    package func identify(_ descriptor: CInt, size: Int64) async throws(ScannerError) -> String {
        try await waiting(size: size) { () async throws(ScannerError) in
            try await base.identify(descriptor, size: size)
        }
    }

    /// - Throws: `scratchFull` where there was no room for ten minutes, all waits together, or the waiting is stopped.
    package func scan(
        _ descriptor: CInt, size: Int64, limits: ScanLimits, knownType: String?
    ) async throws(ScannerError) -> ScanReport {
        var tries = 0
        return try await waiting(size: size) { () async throws(ScannerError) in
            let report = try await base.scan(descriptor, size: size, limits: limits, knownType: knownType)
            tries += 1
            return report.metFullScratch && tries < Self.tries ? nil : report
        }
    }

    /// - Parameter call: nil where it met a full disk.
    private func waiting<Value>(
        size: Int64, _ call: () async throws(ScannerError) -> Value?
    ) async throws(ScannerError) -> Value {
        do {
            return try await folder.retryingWhenFull(bytes: room(for: size)) {
                do {
                    if let value = try await call() { return value }
                } catch let error as ScannerError where error.code == .unavailable && isFull {
                    // No child begins where it can't unpack.
                }
                throw SystemError("unpack into scratch", code: ENOSPC)
            }
        } catch let error as ScannerError {
            throw error
        } catch {
            throw ScannerError(
                .scratchFull, "the disk under the scratch folder \(folder.path) is full",
                hint: "make room there, or name a folder on a larger disk by `TMPDIR`")
        }
    }

    private var isFull: Bool { folder.space.map { $0.spare <= 0 } ?? false }

    /// What must be free for another try. Of a small disk, half is all that can be asked for.
    private func room(for size: Int64) -> Int64 {
        let usual = max(Self.least, size > share / Self.factor ? share : size * Self.factor)
        let most = folder.space.map { ($0.total - $0.reserve) / 2 } ?? share
        return min(usual, share, most)
    }
}
