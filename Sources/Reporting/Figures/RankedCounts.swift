package import Domain

/// Counts by a text that uploaders may choose, such as a type: a bounded number of texts, and one count for the rest.
package struct RankedCounts: Sendable, Equatable {
    /// The most texts that have a count of their own.
    static let maximumTexts = 10_000

    package private(set) var counts: [String: Count] = [:]
    /// Of the texts beyond the bound.
    package private(set) var rest = Count()

    package init() {}

    package mutating func add(_ text: String, bytes: Int64, at time: Timestamp) {
        guard counts[text] != nil || counts.count < Self.maximumTexts else { return rest.add(bytes: bytes, at: time) }
        counts[text, default: Count()].add(bytes: bytes, at: time)
    }

    mutating func add(_ text: String, _ addition: Addition) { add(text, bytes: addition.bytes, at: addition.time) }

    /// The texts with the most objects first; of the same number, in the order of the texts.
    package func top(_ limit: Int) -> [(text: String, count: Count)] {
        let ranked = counts.map { (text: $0.key, count: $0.value) }.sorted { one, other in
            one.count.objects != other.count.objects
                ? one.count.objects > other.count.objects : one.text < other.text
        }
        return Array(ranked.prefix(limit))
    }
}
