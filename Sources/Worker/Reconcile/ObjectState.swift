package import AWS
package import Domain
internal import Pipelines
internal import Transfer

/// Where the object of a job is found, and the copy that the job makes of it.
package struct ObjectState: Sendable, Equatable {
    package enum Source: Sendable, Equatable {
        /// The very state that the job is about. When it was written, and what keeps it from being deleted, as far as S3
        /// tells.
        case there(written: Timestamp?, lock: ObjectLock?)
        /// Another state stands under the key.
        case replaced
        case gone
    }

    package enum Copy: Sendable, Equatable {
        /// The job makes none: its object is deleted, or stays where it is, or its place would have no possible key.
        case notWanted
        case missing
        case there(Destination)
    }

    package let source: Source
    package let copy: Copy

    package init(source: Source, copy: Copy) {
        self.source = source
        self.copy = copy
    }

    /// The word for it in what other programs read.
    package var code: String {
        switch (source, copy) {
        case (.there, .there): "both"
        case (.there, .missing), (.there, .notWanted): "source"
        case (.replaced, .there), (.gone, .there): "copy"
        case (.replaced, _): "replaced"
        case (.gone, _): "neither"
        }
    }
}

extension JobRun {
    /// Looks where the object is, and the copy that a judgement asks for. Changes nothing.
    ///
    /// - Parameter settled: where the copy went, as far as the ledger knows; else where the pipeline puts it.
    func whereabouts(
        _ judgement: Judgement, _ pipeline: Pipeline?, settled: Destination?
    ) async throws -> ObjectState {
        let (source, size) = try await findSource()
        let place: ObjectLocation?
        if let settled {
            place = settled.location
        } else {
            place = try await destination(of: judgement, pipeline)
        }
        guard let location = place else { return ObjectState(source: source, copy: .notWanted) }
        let expected = ExpectedCopy(
            of: job.object, size: size ?? job.event.size ?? judgement.evidence.bytesRead,
            sha256: judgement.evidence.sha256, writtenAt: job.event.time, job: job.id, at: location)
        let copy = try await parts.mover.verifier.find(expected, made: settled)
        return ObjectState(source: source, copy: copy.map { .there($0) } ?? .missing)
    }

    private func findSource() async throws -> (ObjectState.Source, size: Int64?) {
        let head: ObjectHead
        do {
            head = try await parts.mover.reader.head(of: job.object)
        } catch {
            switch error {
            case .gone: return (.gone, nil)
            case .superseded: return (.replaced, nil)
            default: throw error
            }
        }
        return (.there(written: head.writtenAt, lock: head.lock), head.contentLength)
    }

    /// Deletes the very state that the job is about, once it was seen to be there still.
    func deleteSource() async throws {
        let head = try await parts.mover.reader.head(of: job.object)
        try await parts.mover.deleter.delete(pinned(head), head: head)
    }

    /// Nil where the pipeline makes no copy, or could make none.
    private func destination(of judgement: Judgement, _ pipeline: Pipeline?) async throws -> ObjectLocation? {
        guard let pipeline, let template = pipeline.action(for: judgement.verdict).destination else { return nil }
        return try await place(template, judgement, pipeline)
    }
}
