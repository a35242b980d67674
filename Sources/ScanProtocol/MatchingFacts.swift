/// How an object's bytes are matched against the signatures that need a fragment (`Scanning/Matching`).
package enum PatternMatching: String, Sendable, CaseIterable {
    /// Against all of them.
    case whole
    /// Against none, if none of their fragments stands in any layer, else against all.
    case filtered
    /// As `filtered`, then against all of them, to compare.
    case verified

    /// A mode that may be asked for at the start.
    package init?(flag: String) {
        guard let mode = Self(rawValue: flag), mode != .verified else { return nil }
        self = mode
    }

    /// The mode in a packet.
    var code: UInt8 {
        switch self {
        case .whole: 0
        case .filtered: 1
        case .verified: 2
        }
    }

    init?(code: UInt8) {
        guard let mode = Self.allCases.first(where: { $0.code == code }) else { return nil }
        self = mode
    }
}

/// Which signatures are filtered.
package struct MatchingFacts: Sendable, Equatable {
    /// Whether there is a filter.
    package var isFiltered: Bool
    /// Why there is none, although one was asked for; empty otherwise.
    package var obstacle: String
    package var counts: [MatchingCount]

    static let maximumCounts = 16
    static let maximumReasons = 8
    /// In bytes.
    private static let longestName = 64
    private static let longestReason = 16

    /// The most engines that inspect an object, each within the object's limits.
    package var engineCount: Int { isFiltered ? 2 : 1 }

    package init(isFiltered: Bool = false, obstacle: String = "", counts: [MatchingCount] = []) {
        self.isFiltered = isFiltered
        self.obstacle = obstacle
        self.counts = counts
    }

    /// Databases beyond the bound are summed up in the last count.
    func write(to writer: inout PacketWriter) {
        writer.write(isFiltered)
        writer.write(obstacle, atMost: EngineFacts.maximumName)
        var rows = Array(counts.prefix(Self.maximumCounts))
        if counts.count > Self.maximumCounts {
            var rest = MatchingCount(database: "others")
            for count in counts[(Self.maximumCounts - 1)...] { rest.add(count) }
            rows[Self.maximumCounts - 1] = rest
        }
        writer.write(rows, atMost: Self.maximumCounts) { writer, count in
            writer.write(count.database, atMost: Self.longestName)
            writer.write(count.filtered)
            let reasons = count.whole.sorted { $0.key < $1.key }
            writer.write(reasons, atMost: Self.maximumReasons) { writer, reason in
                writer.write(reason.key, atMost: Self.longestReason)
                writer.write(reason.value)
            }
        }
    }

    init(from reader: inout PacketReader) throws(PacketError) {
        isFiltered = try reader.flag()
        obstacle = try reader.text(atMost: EngineFacts.maximumName)
        counts = try reader.list("matching counts", atMost: Self.maximumCounts) { reader throws(PacketError) in
            var count = MatchingCount(database: try reader.text(atMost: Self.longestName))
            count.filtered = try reader.count("filtered")
            let reasons = try reader.list("reasons", atMost: Self.maximumReasons) { reader throws(PacketError) in
                (try reader.text(atMost: Self.longestReason), try reader.count("signatures") as Int64)
            }
            count.whole = Dictionary(reasons, uniquingKeysWith: { $1 })
            return count
        }
    }
}

/// The signatures with patterns in one database.
package struct MatchingCount: Sendable, Equatable {
    /// The file in the signature folder.
    package let database: String
    /// How many are filtered.
    package var filtered: Int64 = 0
    /// How many are not, by reason.
    package var whole: [String: Int64] = [:]

    package init(database: String, filtered: Int64 = 0, whole: [String: Int64] = [:]) {
        self.database = database
        self.filtered = filtered
        self.whole = whole
    }

    package mutating func add(_ other: MatchingCount) {
        filtered &+= other.filtered
        whole.merge(other.whole, uniquingKeysWith: &+)
    }
}
