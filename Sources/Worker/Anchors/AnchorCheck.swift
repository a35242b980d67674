package import AWS
package import Domain
package import Ledger

/// Holds a ledger's chain against its anchors, with all their versions: an anchor that was overwritten is still there
/// in a bucket with versions.
package struct AnchorCheck: Sendable {
    package struct Result: Sendable, Equatable {
        package enum Match: String, Sendable, CaseIterable {
            case matched
            /// A pruning has removed the entry.
            case pruned
            /// The chain has another entry there, or none.
            case changed
            /// The chain ends before it: entries were removed, or an older copy was restored.
            case beyondEnd = "beyond-end"
            /// The object is not an anchor.
            case unreadable
        }

        package let key: ObjectKey
        package let versionID: String?
        /// Nil for an object that is not an anchor.
        package let anchor: LedgerAnchor?
        package let match: Match
    }

    private let s3: S3Client
    private let ledger: any ChainLedger

    package init(s3: S3Client, ledger: any ChainLedger) {
        self.s3 = s3
        self.ledger = ledger
    }

    /// The most anchors that are read at once.
    private static let concurrency = 8

    /// - Parameter report: is called with the result of each anchor, in the order of their keys.
    /// - Throws: `AWSError`, `LedgerError`.
    package func callAsFunction(bucket: String, prefix: String, _ report: (Result) -> Void) async throws {
        var pages = try await PresentObjects(of: bucket, prefix: prefix, everyVersion: true, by: s3)
        while let page = try await pages.nextPage() {
            for start in stride(from: 0, to: page.count, by: Self.concurrency) {
                let part = page[start..<min(start + Self.concurrency, page.count)]
                let results = try await withThrowingTaskGroup(of: (Int, Result).self) { group in
                    for (index, object) in zip(part.indices, part) {
                        group.addTask { (index, try await result(of: object, in: bucket)) }
                    }
                    return try await group.reduce(into: [Int: Result]()) { $0[$1.0] = $1.1 }
                }
                for index in part.indices { if let result = results[index] { report(result) } }
            }
        }
    }

    private func result(of object: ListedObject, in bucket: String) async throws -> Result {
        func result(_ match: Result.Match, _ anchor: LedgerAnchor? = nil) -> Result {
            Result(key: object.key, versionID: object.versionID, anchor: anchor, match: match)
        }
        guard object.size <= Int64(LedgerAnchor.maximumSize) else { return result(.unreadable) }
        let version = ObjectVersion(
            bucket: bucket, key: object.key, versionID: object.versionID, etag: object.etag)
        let bytes = try await s3.read(version, limit: LedgerAnchor.maximumSize)
        guard let anchor = LedgerAnchor(bytes) else { return result(.unreadable) }
        switch try await ledger.chainPlace(at: anchor.head.sequence) {
        case .hash(let hash): return result(hash == anchor.head.hash ? .matched : .changed, anchor)
        case .pruned: return result(.pruned, anchor)
        case .missing: return result(.changed, anchor)
        case .beyondEnd: return result(.beyondEnd, anchor)
        }
    }
}
