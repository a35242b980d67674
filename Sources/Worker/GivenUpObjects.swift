import Domain
import Judging
import Support

/// The latest objects over which scanner children ended, by their bytes. The same bytes would only end further children
/// under the same signatures and limits, so they get the first report.
///
/// It lives as long as the worker: the outcome of each job is in the ledger anyway.
final class GivenUpObjects: Sendable {
    struct Object: Equatable {
        let size: Int64
        let sha256: String
        let signatures: [SignatureDatabase]
        let limits: ScanLimits
    }

    private static let capacity = 256

    private let reports = Locked([(object: Object, report: ScanReport)]())

    /// Whether an object of this size is among them. Only then its hash is needed before the scan.
    func mayContain(size: Int64) -> Bool {
        reports.withLock { $0.contains { $0.object.size == size } }
    }

    func report(on object: Object) -> ScanReport? {
        reports.withLock { $0.last { $0.object == object }?.report }
    }

    /// Keeps a report on an object that was given up. The oldest one makes room.
    func add(_ object: Object, _ report: ScanReport) {
        reports.withLock { reports in
            reports.removeAll { $0.object == object }
            if reports.count == Self.capacity { reports.removeFirst() }
            reports.append((object, report))
        }
    }
}
