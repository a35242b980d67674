package import Support

/// Learnt facts about the store behind each bucket. Every bucket's first requests find them out.
package final class StoreCapabilities: Sendable {
    enum Quirk: Sendable {
        /// Copies get another ETag than the source has, since the bucket encrypts with a KMS key by default.
        case changesETags
        /// CopyObject fails if a checksum is requested.
        case refusesChecksums
        /// Multipart copies fail if checksums are requested.
        case refusesPartChecksums
        /// CopyObject returns no SHA-256.
        case returnsNoSHA256
        /// Tags can't be read, and the request that sets them may be taken for an upload.
        case keepsNoTags
        /// Tags were read once.
        case keepsTags

        /// Whether one answer of a proxy could feign it, so that it is asked for again now and then.
        var isForgotten: Bool {
            switch self {
            case .changesETags, .keepsTags: false
            case .refusesChecksums, .refusesPartChecksums, .returnsNoSHA256, .keepsNoTags: true
            }
        }

        /// The ability that it shows, or shows to be missing.
        var ability: (StoreAbility, isKept: Bool)? {
            switch self {
            case .changesETags, .refusesPartChecksums: nil
            case .refusesChecksums, .returnsNoSHA256: (.copyChecksums, false)
            case .keepsNoTags: (.tags, false)
            case .keepsTags: (.tags, true)
            }
        }
    }

    /// How long a refusal is remembered.
    static let memory = Duration.seconds(600)

    /// How to delete an object of a bucket without versions only while it has a given ETag.
    enum DeletePlan: Sendable {
        /// The store honours `If-Match`: one request.
        case conditional
        /// Nothing is known; this delete finds out, and ends with `finishProbe`.
        case probe
        /// Another delete is finding out: a HEAD, then a delete with the condition.
        case headThenConditional
        /// The store ignores `If-Match`: a HEAD as late as possible, then a delete.
        case headThenUnconditional
    }

    private enum ConditionalDelete { case probing, honoured, ignored }

    private struct Known {
        /// When each was learnt last, by bucket.
        var quirks: [Quirk: [String: Duration]] = [:]
        var deletes: [String: ConditionalDelete]
        /// What each bucket's store was seen to keep or to ignore, last.
        var abilities: [String: [StoreAbility: Bool]] = [:]
    }

    private let known: Locked<Known>
    private let clock: MonotonicClock

    /// - Parameter buckets: buckets whose store is known to honour `If-Match` on DeleteObject.
    package init(conditionalDeletesIn buckets: Set<String> = [], clocks: Clocks = .system) {
        clock = clocks.monotonic
        known = Locked(Known(deletes: Dictionary(uniqueKeysWithValues: buckets.map { ($0, .honoured) })))
    }

    func has(_ quirk: Quirk, bucket: String) -> Bool {
        let now = clock.now
        return known.withLock { known in
            guard let learnt = known.quirks[quirk]?[bucket] else { return false }
            return !quirk.isForgotten || now - learnt < Self.memory
        }
    }

    /// - Returns: whether the quirk was unknown.
    @discardableResult func learn(_ quirk: Quirk, bucket: String) -> Bool {
        let now = clock.now
        return known.withLock { known in
            if let (ability, isKept) = quirk.ability { known.abilities[bucket, default: [:]][ability] = isKept }
            return known.quirks[quirk, default: [:]].updateValue(now, forKey: bucket) == nil
        }
    }

    /// Notes that a bucket's store ignored what a request asked for.
    ///
    /// - Returns: whether that was unknown.
    func learn(ignored ability: StoreAbility, bucket: String) -> Bool {
        known.withLock { $0.abilities[bucket, default: [:]].updateValue(false, forKey: ability) != false }
    }

    /// Whether a bucket's store was seen to keep what this asks of it.
    func keeps(_ ability: StoreAbility, bucket: String) -> Bool {
        known.withLock { $0.abilities[bucket]?[ability] ?? false }
    }

    /// Whether each bucket's store keeps what is asked of it, as far as that is known, in the order of the names.
    package var abilities: [(bucket: String, ability: StoreAbility, isKept: Bool)] {
        let known = known.withLock { $0.abilities }
        return known.keys.sorted().flatMap { bucket in
            StoreAbility.allCases.compactMap { ability in known[bucket]?[ability].map { (bucket, ability, $0) } }
        }
    }

    /// Takes over what a probe found out about a bucket.
    package func learn(_ answers: StoreProbe.Answers, bucket: String) {
        known.withLock { known in
            for (ability, answer) in answers where answer == .kept || answer == .ignored {
                known.abilities[bucket, default: [:]][ability] = answer == .kept
            }
        }
        switch answers[.deleteConditions] {
        case .kept: finishProbe(of: bucket, honoursIfMatch: true)
        case .ignored: finishProbe(of: bucket, honoursIfMatch: false)
        case .unknown, nil: break
        }
        switch answers[.tags] {
        case .kept: learn(.keepsTags, bucket: bucket)
        case .ignored: learn(.keepsNoTags, bucket: bucket)
        case .unknown, nil: break
        }
    }

    func deletePlan(for bucket: String) -> DeletePlan {
        known.withLock { known in
            switch known.deletes[bucket] {
            case .honoured: return .conditional
            case .ignored: return .headThenUnconditional
            case .probing: return .headThenConditional
            case nil:
                known.deletes[bucket] = .probing
                return .probe
            }
        }
    }

    /// - Parameter honoursIfMatch: nil if the probe failed; the next delete probes again.
    func finishProbe(of bucket: String, honoursIfMatch: Bool?) {
        known.withLock { known in
            known.deletes[bucket] = honoursIfMatch.map { $0 ? .honoured : .ignored }
            if let honoursIfMatch { known.abilities[bucket, default: [:]][.deleteConditions] = honoursIfMatch }
        }
    }
}
