import ScanProtocol
import Unpacking

/// The check that every member of an ARJ is among the layers that the engine scanned. Nothing else here unpacks an ARJ,
/// so the engine's layers are counted by size, and each member that its headers list must be among them.
struct MemberCoverage {
    /// What prevents a complete inspection of the container.
    private(set) var gaps: [ScanGap] = []
    /// Whether bytes follow the archive's end.
    private(set) var hasTrailingBytes = false
    /// Whether all members were listed, to the container's true end.
    private(set) var isListed = false

    /// - Parameter layer: one that the engine has left, with its children counted and its file still open.
    init(ofARJ layer: Layer, _ extent: (offset: Int64, size: Int64), budget: ScanBudget) {
        var members = MemberCount(limit: budget.files)
        do throws(UnpackingError) {
            var headers = try ArjHeaders(descriptor: layer.descriptor, offset: extent.offset, size: extent.size)
            while let member = try headers.next() {
                guard member.holdsData else { continue }
                if member.isEncrypted {
                    gaps.append(ScanGap(.encrypted, "\(member.name) in an ARJ"))
                } else if !members.add(size: member.size ?? 0) {
                    gaps.append(ScanGap(.tooManyFiles, "more than \(budget.files) members in an ARJ"))
                    return
                }
            }
            isListed = true
            hasTrailingBytes = try headers.trailingBytes() > 0
        } catch {
            gaps.append(ScanGap(error, in: .arj))
        }
        let missing = members.sizesMissing(from: layer.children).sorted()
        if let size = missing.first { gaps.append(ScanGap(.missedMember, "\(size) bytes in an ARJ")) }
    }
}

/// The number of members of each size.
struct MemberCount {
    private(set) var sizes: [Int64: Int] = [:]
    private let limit: Int64
    private var total: Int64 = 0

    /// - Parameter limit: the most members that are counted.
    init(limit: Int64) { self.limit = limit }

    /// Counts a member. Returns false if it is one more than the limit. Members that are too short for the engine are
    /// left out.
    mutating func add(size: Int64) -> Bool {
        total += 1
        guard total <= limit else { return false }
        if size >= EngineLimits.shortestFile { sizes[size, default: 0] += 1 }
        return true
    }

    /// Returns the sizes that more members have than layers do.
    func sizesMissing(from layers: [Int64: Int]) -> Set<Int64> {
        Set(sizes.filter { $0.value > layers[$0.key, default: 0] }.keys)
    }
}
