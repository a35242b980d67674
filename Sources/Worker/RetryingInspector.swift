package import Domain
internal import Glibc
package import Inspection
package import Judging
internal import Support
package import Transfer

/// An inspector that waits while the disk under the scratch folder is full. A scan that met a full disk says nothing of
/// the object, and is repeated once there is room.
///
/// The object itself may fill the disk, up to a child's limit. After three tries, with room before each but the first,
/// the last report stands: the object is unscannable because of `resources`.
package struct RetryingInspector: Inspector {
    private let base: any Inspector
    private let folder: SpoolFolder
    private let childLimit: Int64

    private static let tries = 3
    /// The scratch space that a scan is expected to need: at least `least` bytes, or `factor` times the object's size.
    private static let (least, factor): (Int64, Int64) = (64 << 20, 16)

    /// - Parameters:
    ///   - folder: the scratch folder.
    ///   - childLimit: bytes that one scan may write there at most.
    package init(_ base: any Inspector, folder: SpoolFolder, childLimit: Int64) {
        self.base = base
        self.folder = folder
        self.childLimit = childLimit
    }

    package var signatureSet: [SignatureDatabase]? { base.signatureSet }

    package var engines: [String] { base.engines }

    package func identify(
        _ descriptor: CInt, size: Int64, encoding: ContentEncoding?
    ) async throws(ScannerError) -> String {
        try await waiting(size: size) { () async throws(ScannerError) in
            try await base.identify(descriptor, size: size, encoding: encoding)
        }
    }

    /// - Throws: `scratchFull` if there was no room for ten minutes in all, or the waiting was stopped.
    package func scan(
        _ descriptor: CInt, size: Int64, limits: ScanLimits, knownType: String?, encoding: ContentEncoding?
    ) async throws(ScannerError) -> ScanReport {
        var tries = 0
        return try await waiting(size: size) { () async throws(ScannerError) in
            let report = try await base.scan(
                descriptor, size: size, limits: limits, knownType: knownType, encoding: encoding)
            tries += 1
            return report.metFullScratch && tries < Self.tries ? nil : report
        }
    }

    /// - Parameter call: returns nil if it met a full disk.
    private func waiting<Value>(
        size: Int64, _ call: () async throws(ScannerError) -> Value?
    ) async throws(ScannerError) -> Value {
        do {
            return try await folder.retryingWhenFull(bytes: room(for: size)) {
                do {
                    if let value = try await call() { return value }
                } catch let error as ScannerError where error.code == .unavailable && isFull {
                    // No child starts on a full disk.
                }
                throw SystemError("unpack into scratch", code: ENOSPC)
            }
        } catch let error as ScannerError {
            throw error
        } catch {
            throw ScannerError(
                .scratchFull, "the disk under the scratch folder \(folder.path) is full",
                hint: "free space there, or set `TMPDIR` to a folder on a larger disk")
        }
    }

    private var isFull: Bool { folder.space.map { $0.spare <= 0 } ?? false }

    /// Bytes that must be free for another try; at most half of a small disk.
    private func room(for size: Int64) -> Int64 {
        let expected = max(Self.least, size > childLimit / Self.factor ? childLimit : size * Self.factor)
        let most = folder.space.map { ($0.total - $0.reserve) / 2 } ?? childLimit
        return min(expected, childLimit, most)
    }
}
