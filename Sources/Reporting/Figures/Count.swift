package import Domain

/// How many objects of a kind there were, how many bytes they have, and when the first and the last of them arrived.
package struct Count: Sendable, Equatable {
    package private(set) var objects: Int64 = 0
    package private(set) var bytes: Int64 = 0
    package private(set) var first: Timestamp?
    package private(set) var last: Timestamp?

    package init() {}

    /// The sum of the bytes stays at the greatest number there is.
    mutating func add(bytes: Int64, at time: Timestamp) {
        objects += 1
        let (sum, isTooLarge) = self.bytes.addingReportingOverflow(max(0, bytes))
        self.bytes = isTooLarge ? .max : sum
        first = min(first ?? time, time)
        last = max(last ?? time, time)
    }
}
