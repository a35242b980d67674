internal import AWS
internal import Domain
internal import Pipelines

/// The checks of queues and buckets.
extension CheckCommand {
    static func checkServices(
        of cloud: Cloud, _ arguments: Arguments, _ pipelines: PipelineSet?, _ report: inout CheckReport
    ) async {
        // A missing --queue is reported by the check of the flags.
        if !cloud.queueURL.isEmpty {
            await report.check("queue") { () async throws in ((), try await queue(of: cloud)) }
        }
        if let backfill = arguments.text("backfill-queue") {
            await report.check("backfill queue") { () async throws in
                _ = try await cloud.attributes(of: backfill)
                return ((), backfill)
            }
        }
        for bucket in Set(pipelines?.pipelines.flatMap(\.buckets) ?? []).sorted() {
            let source = pipelines?.pipelines.first { $0.match.bucket == bucket }
            await report.check("bucket \(bucket)") { () async throws in
                ((), try await self.bucket(bucket, of: cloud, source: source))
            }
        }
        await checkTags(of: cloud, pipelines, &report)
    }

    /// The pipelines that tag objects where they are.
    private static func checkTags(
        of cloud: Cloud, _ pipelines: PipelineSet?, _ report: inout CheckReport
    ) async {
        for pipeline in pipelines?.pipelines ?? [] where !pipeline.tagsInPlace.isEmpty {
            await report.check("tags of \(pipeline.name)") { () async throws in
                ((), try await cloud.checkTagsInPlace(of: pipeline).text)
            }
        }
    }

    private static func queue(of cloud: Cloud) async throws -> String {
        let attributes = try await cloud.queueAttributes()
        guard let redrive = attributes.redrive else {
            return
                "\(cloud.queueURL); WARNING: no dead-letter queue, so a message that always fails is retried until it expires"
        }
        return "\(cloud.queueURL), dead-letter queue after \(redrive.maxReceiveCount) receives"
    }

    /// - Parameter source: a pipeline that reads from the bucket.
    private static func bucket(_ bucket: String, of cloud: Cloud, source: Pipeline?) async throws -> String {
        do {
            try await cloud.s3.headBucket(bucket)
        } catch {
            throw cloud.failure(error)
        }
        guard let source else { return "reachable" }
        return "reachable; \(await cloud.s3.sourceBucketFacts(bucket, below: source.match.prefix))"
    }
}

extension Pipeline {
    /// Every bucket that the pipeline reads from or writes to.
    fileprivate var buckets: [String] {
        [match.bucket]
            + Verdict.allCases.compactMap { verdict in
                switch action(for: verdict) {
                case .move(let template, _), .quarantine(let template, _): template.bucket
                case .delete, .keep: nil
                }
            }
    }
}
