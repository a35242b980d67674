internal import Support

/// What is known of each bucket's store: whether it deletes an object only while that has the ETag named, or whatever is there.
///
/// The first delete in a bucket finds out (`Deletion.swift`); one at a time, while others look before they delete.
package final class ConditionalDeletes: Sendable {
    enum Plan: Sendable {
        /// The condition is kept: one request.
        case conditional
        /// Nothing is known, and this delete is to find out. Ends with `learn`.
        case probe
        /// Somebody else finds out: a look, and then the condition as well.
        case lookThenConditional
        /// The condition is not kept: a look, as late as can be.
        case lookThenPlain
    }

    private enum Knowledge { case probing, honoured, ignored }

    private let buckets: Locked<[String: Knowledge]>

    /// - Parameter honouredIn: buckets of which it is known that the condition is kept.
    package init(honouredIn buckets: Set<String> = []) {
        self.buckets = Locked(Dictionary(uniqueKeysWithValues: buckets.map { ($0, .honoured) }))
    }

    func plan(for bucket: String) -> Plan {
        buckets.withLock { buckets in
            switch buckets[bucket] {
            case .honoured: return .conditional
            case .ignored: return .lookThenPlain
            case .probing: return .lookThenConditional
            case nil:
                buckets[bucket] = .probing
                return .probe
            }
        }
    }

    /// Ends a probe.
    ///
    /// - Parameter areHonoured: nil where it told nothing; the next delete tries anew.
    func learn(_ bucket: String, areHonoured: Bool?) {
        buckets.withLock { $0[bucket] = areHonoured.map { $0 ? .honoured : .ignored } }
    }
}
