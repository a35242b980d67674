package import Domain
package import Pipelines

/// The move that a pipeline asks for after a judgement. Decided once for each attempt.
package enum MovePlan: Sendable, Equatable {
    case delete
    /// The object stays where it is and gets these tags.
    case tag([Pair])
    /// The object is copied, the copy is verified, the source is deleted.
    case copy(Copy)

    /// A tag, or one field of metadata.
    package struct Pair: Sendable, Equatable {
        package let name: String
        package let value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    package struct Copy: Sendable, Equatable {
        package enum Manner: Sendable, Equatable {
            /// With all that the source has.
            case promotion
            /// Inert, with `facts` in the metadata.
            case quarantine(facts: [Pair])
        }

        package let destination: Result<ObjectLocation, ImpossibleKey>
        package let manner: Manner
        package let tags: [Pair]
        /// Whether other jobs may copy to the same location.
        package let isShared: Bool

        var needsOrder: Bool { manner == .promotion && isShared }
    }

    /// The destination's key would be one that S3 cannot hold.
    package struct ImpossibleKey: Error, Equatable, CustomStringConvertible {
        package let pipeline: String

        package var description: String {
            "the destination's key would be empty or longer than 1024 bytes: shorten the template in pipeline \(pipeline)"
        }
    }

    /// - Parameter date: fills `{date}`; the same for every attempt of a job, or an object could end in two places.
    package init(_ pipeline: Pipeline, for job: Job, _ judgement: Judgement, date: String) {
        let values = pipeline.values(
            for: job, verdict: judgement.verdict, finding: judgement.decidingFinding, date: date)
        func resolve(_ tags: [TagTemplate]) -> [Pair] { tags.map { Pair($0.name, $0.value(for: values)) } }
        func copy(_ template: DestinationTemplate, _ manner: Copy.Manner, _ tags: [TagTemplate]) -> MovePlan {
            // No name that an uploader chose keeps an object out of quarantine.
            let location =
                manner == .promotion ? template.location(for: values) : template.locationOfAnyKey(for: values)
            let destination: Result<ObjectLocation, ImpossibleKey> =
                location.map { .success($0) } ?? .failure(ImpossibleKey(pipeline: pipeline.name))
            return .copy(
                Copy(
                    destination: destination, manner: manner, tags: resolve(tags), isShared: !template.isUniquePerJob))
        }
        self =
            switch pipeline.action(for: judgement.verdict) {
            case .delete: .delete
            case .keep(let tags): .tag(resolve(tags))
            case .move(let template, let tags): copy(template, .promotion, tags)
            case .quarantine(let template, let tags): copy(template, .quarantine(facts: facts(job, judgement)), tags)
            }
    }

    /// Whether a plan after this verdict depends on its date.
    package static func needsDate(_ pipeline: Pipeline, _ verdict: Verdict) -> Bool {
        let action = pipeline.action(for: verdict)
        return action.destination != nil || !action.tags.isEmpty
    }

    package var copy: Copy? { if case .copy(let copy) = self { copy } else { nil } }

    package var disposition: Disposition {
        switch self {
        case .delete: .deleted
        case .tag: .kept
        case .copy(let copy): copy.manner == .promotion ? .promoted : .quarantined
        }
    }

    /// Whether uploads of one key replace each other at the destination, so that their order matters. A quarantined
    /// copy always carries the mark of its job.
    package var needsOrder: Bool { copy?.needsOrder == true }
}

/// The metadata of a quarantined object: which job found what.
private func facts(_ job: Job, _ judgement: Judgement) -> [MovePlan.Pair] {
    var facts = [MovePlan.Pair("job", job.id.text), MovePlan.Pair("verdict", judgement.verdict.rawValue)]
    let names = judgement.findings.filter { $0.kind != .note }.map(\.name)
    if !names.isEmpty { facts.append(MovePlan.Pair("findings", names.prefix(8).joined(separator: ", "))) }
    if let hash = judgement.evidence.sha256 { facts.append(MovePlan.Pair("sha256", hash)) }
    return facts
}
