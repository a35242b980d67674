internal import AWS
internal import Domain
internal import Ledger
internal import Pipelines
internal import Transfer

/// Finds the object of a job and the copy that the job makes of it.
struct ObjectLocator: Sendable {
    let record: JobRecord
    let pipeline: Pipeline?
    let mover: ObjectMover

    private var job: Job { record.job }

    /// Finds the source, and the copy that a judgement asks for. Changes nothing.
    func state(for judgement: Judgement) async throws -> ObjectState {
        let (source, size) = try await findSource()
        // An object that is tagged in place has its own place there.
        let own = job.object.location
        let planned = record.basis.destination == own ? nil : record.basis.destination
        guard let location = record.destination?.location ?? planned ?? destination(for: judgement) else {
            return ObjectState(source: source, copy: .notWanted)
        }
        let expected = ExpectedCopy(
            of: job.object, size: size ?? job.event.size ?? judgement.evidence.bytesRead,
            sha256: judgement.evidence.sha256, writtenAt: job.event.time, job: job.id, at: location)
        let copy = try await mover.verifier.find(expected, made: record.destination)
        return ObjectState(source: source, copy: copy.map { .there($0) } ?? .missing)
    }

    private func findSource() async throws -> (ObjectState.Source, size: Int64?) {
        let head: ObjectHead
        do {
            head = try await mover.reader.head(of: job.object)
        } catch {
            switch error {
            case .gone, .deleteMarker: return (.gone, nil)
            case .superseded: return (.replaced, nil)
            case .refused, .spool, .untrustworthy, .unverified, .mismatchedBytes, .store, .stopped: throw error
            }
        }
        return (.there(written: head.writtenAt, lock: head.lock), head.contentLength)
    }

    /// Returns nil if the pipeline asks for no copy, or S3 could not hold its key.
    private func destination(for judgement: Judgement) -> ObjectLocation? {
        guard let pipeline else { return nil }
        let date = (job.event.time ?? record.firstReceivedAt).date
        return try? MovePlan(pipeline, for: job, judgement, date: date).copy?.destination.get()
    }

    /// Deletes the version that the job is about, after a look that it is still there as it was.
    ///
    /// - Parameter written: when the object was written that was found before. The same bytes may have been uploaded
    ///   again since.
    /// - Returns: false if the object is another one by now.
    func deleteSource(written: Timestamp?) async throws -> Bool {
        let head = try await mover.reader.head(of: job.object)
        guard head.writtenAt == written else { return false }
        try await mover.deleter.delete(job.object.pinned(by: head), head: head)
        return true
    }
}
