internal import AWS
internal import Domain
internal import Pipelines
internal import Transfer

extension JobRunner {
    /// How much later than the object's event a side-car of it may have been written: some servers write it once more
    /// after the upload. One that is newer belongs to another upload of the key.
    private static var latestWrite: Duration { .seconds(60) }

    /// Deletes what a tus server keeps beside the object. A step that is repeated finds nothing any more.
    func removeSidecars(_ attempt: Attempt) async throws -> JobStateMachine.StepResult {
        let claim = try attempt.heldClaim()
        for suffix in Sidecars.suffixes {
            guard let key = ObjectKey(job.object.key.text + suffix) else { continue }
            let sidecar = ObjectVersion(bucket: job.object.bucket, key: key, versionID: nil, etag: nil)
            let found: ObjectHead
            do {
                found = try await context.mover.reader.head(of: sidecar)
            } catch TransferError.gone, TransferError.deleteMarker {
                continue
            }
            if let written = found.writtenAt, let uploaded = job.event.time,
                written.duration(since: uploaded) > Self.latestWrite
            {
                continue
            }
            try await guards.confirm(claim)
            try await context.mover.deleter.delete(sidecar.pinned(by: found), head: found)
        }
        return .sidecarsRemoved
    }
}
