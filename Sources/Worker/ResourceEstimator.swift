package import Domain
package import Intake
package import Pipelines
internal import Transfer

/// Tells what a piece of work takes of the worker, by what the event says of its object.
package struct ResourceEstimator: Sendable {
    private let pipelines: PipelineSet
    private let largeOver: Int64

    /// - Parameter largeOver: bytes; an object of more is large.
    package init(pipelines: PipelineSet, largeOver: Int64) {
        self.pipelines = pipelines
        self.largeOver = largeOver
    }

    package func callAsFunction(_ assignment: Assignment) -> ResourceRequest {
        guard case .job(let job) = assignment.work else { return .small }
        return need(of: job)
    }

    /// What is rejected by its size alone, or taken by no pipeline, is not fetched; what fits into memory takes no
    /// disk. An object whose size the event does not tell may be of any.
    package func need(of job: Job) -> ResourceRequest {
        guard let pipeline = pipelines.pipeline(for: job.object.bucket, key: job.object.key) else { return .small }
        guard let size = job.event.size else { return ResourceRequest(bytes: nil, isLarge: true) }
        guard pipeline.scansRejected || pipeline.breaches(size: size).isEmpty else { return .small }
        return ResourceRequest(bytes: size <= Spool.inMemoryLimit ? 0 : size, isLarge: size > largeOver)
    }
}
