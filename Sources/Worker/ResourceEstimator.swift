package import Domain
package import Intake
package import Pipelines
internal import Transfer

/// Estimates the resources that an assignment needs, from its event.
package struct ResourceEstimator: Sendable {
    private let pipelines: PipelineSet
    private let largeOver: Int64

    /// - Parameter largeOver: bytes; larger objects are large.
    package init(pipelines: PipelineSet, largeOver: Int64) {
        self.pipelines = pipelines
        self.largeOver = largeOver
    }

    package func callAsFunction(_ assignment: Assignment) -> ResourceRequest {
        guard case .job(let job) = assignment.work else { return .small }
        return request(for: job)
    }

    /// An object that is rejected by its size alone, or that no pipeline takes, is not fetched. An object that fits
    /// into memory needs no disk. An object whose event has no size may have any size.
    package func request(for job: Job) -> ResourceRequest {
        guard let pipeline = pipelines.pipeline(for: job.object.bucket, key: job.object.key) else { return .small }
        let share = Share(pipeline: pipeline.name, uploader: pipeline.uploader(of: job.object.key))
        guard let size = job.event.size else { return ResourceRequest(bytes: nil, isLarge: true, share: share) }
        guard pipeline.scansRejected || pipeline.breaches(size: size).isEmpty else { return .small }
        return ResourceRequest(bytes: size <= Spool.inMemoryLimit ? 0 : size, isLarge: size > largeOver, share: share)
    }
}
