import Foundation
import Testing

/// The comparison of a fleet's metered uploads with their quota, which is exact however often a job is tried, and by
/// whichever worker.
struct FleetQuotas {
    let seed: UInt64
    let ended: FleetAccount.Ended

    /// Requires that each uploader got as many objects through in each hour as the quota allows.
    func expectExactness() {
        let metered = ended.settled.filter { $0.upload.pipeline == .metered }
        for (uploader, all) in Dictionary(grouping: metered, by: { $0.upload.key.split(separator: "/")[1] }) {
            let hours = Dictionary(grouping: all) { Int($0.upload.time.timeIntervalSince1970) / 3600 }
            let expected = hours.values.map { min($0.count, FleetPipeline.objectsPerHour) }.reduce(0, +)
            // The store's clock decides in which hour an upload was made.
            let unsure = all.count { abs($0.upload.time.timeIntervalSince1970.remainder(dividingBy: 3600)) < 5 }
            let accepted = all.count { !$0.isBeyondQuota }
            #expect(
                abs(accepted - expected) <= unsure,
                "\(uploader): \(accepted) of \(all.count), not \(expected), seed \(seed)")
        }
    }
}
