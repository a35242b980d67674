package import AWS
package import Domain
internal import FoundationEssentials
package import Ledger
package import Pipelines
package import Transfer

/// What a release of a quarantined object would do.
package struct ReleasePlan: Sendable {
    package let source: Destination
    package let target: ObjectLocation
    let tags: [Tag]
    package let needsApproval: Bool

    /// - Throws: `Refusal` if there is no place for the object.
    package init(
        _ record: JobRecord, _ review: Review, _ pipeline: Pipeline?
    ) throws(Refusal) {
        guard let pipeline else {
            throw Refusal("no pipeline file takes \(record.job.object.bucket)'s object any more")
        }
        guard let judgement = record.judgement, let source = record.place(review) else {
            throw Refusal("the ledger does not say where it lies")
        }
        let clean = Judgement(verdict: .clean, findings: [], evidence: judgement.evidence)
        let date = (record.job.event.time ?? record.firstReceivedAt).date
        self.source = source
        needsApproval = pipeline.needsApproval
        switch MovePlan(pipeline, for: record.job, clean, date: date) {
        case .delete: throw Refusal("pipeline \(pipeline.name) deletes clean objects: a release has no destination")
        case .tag(let pairs):
            // A clean object stays where it was uploaded.
            target = record.job.object.location
            tags = pairs.map { Tag(key: $0.name, value: $0.value) }
        case .copy(let copy):
            guard copy.manner == .promotion else {
                throw Refusal("pipeline \(pipeline.name) quarantines clean objects: a release has no destination")
            }
            do { target = try copy.destination.get() } catch { throw Refusal("\(error)") }
            tags = copy.tags.map { Tag(key: $0.name, value: $0.value) }
        }
    }

    package struct Refusal: Error, CustomStringConvertible {
        package let description: String

        init(_ description: String) { self.description = description }

        /// An object in this state can't be released; nil for one that was never in quarantine.
        package init(state: ReviewState?) {
            self.init(state.map { "it is \($0.rawValue)" } ?? "it is not in quarantine")
        }
    }
}

extension OriginalProperties {
    /// - Parameter head: of the quarantined object.
    package init(_ head: ObjectHead, of record: JobRecord) {
        let facts = record.basis.facts
        // An object that was judged by its first range has facts too; one from before they were kept has none.
        let isKnown = facts.lastModified != nil || facts.userMetadata != nil || facts.userTags != nil
        func pairs(_ text: String?) -> [(String, String)]? {
            guard let text else { return nil }
            let texts = try? JSONDecoder().decode([String: String].self, from: Data(text.utf8))
            return texts.map { $0.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } }
        }
        self.init(
            head, declaredType: record.judgement?.evidence.declaredType, metadata: pairs(facts.userMetadata),
            tags: isKnown ? pairs(facts.userTags) : nil)
    }
}
