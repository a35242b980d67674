internal import AWS
internal import Domain
internal import Pipelines
internal import Support
internal import Transfer

/// Asks the stores of all buckets, once at start and without writing an object, what they ignore. That is logged, and
/// the worker need not find it out by its first uploads.
struct StoreSurvey: Sendable {
    let cloud: Cloud
    let pipelines: [Pipeline]
    let capabilities: StoreCapabilities
    let log: Log

    func run() async {
        for bucket in Set(pipelines.flatMap(\.buckets)).sorted() {
            guard !Task.isCancelled else { return }
            let source = pipelines.first { $0.match.bucket == bucket }
            let s3 = cloud.s3(of: source ?? pipelines.first { $0.buckets.contains(bucket) })
            let needs = BucketNeeds.of(bucket, pipelines)
            let deletes =
                source != nil && needs.contains { $0.permissions.contains(.deleteObject) && !$0.isDestination }
            let prefix = source?.match.prefix ?? ""
            var answers = await StoreProbe(s3).ask(
                bucket, below: prefix, missing: deletes ? missingObject(below: prefix, in: bucket) : nil,
                try? await s3.versioning(of: bucket))
            if let reusing = pipelines.first(where: { $0.match.bucket == bucket && $0.reuse != .never }) {
                answers[.uploadChecksums] = await uploadChecksums(of: reusing)
            }
            capabilities.learn(answers, bucket: bucket)
            let ignored = StoreAbility.allCases.filter { answers[$0] == .ignored }
            guard !ignored.isEmpty else { continue }
            log(.warning, "the store can't keep every promise") { json in
                json.field("bucket", bucket)
                json.field("ignores", ignored.map(\.rawValue))
                json.field("consequences", ignored.map(\.consequence))
                json.field("hint", "docs/STORES.md")
            }
        }
    }

    /// Asks where the worker may write: at the destination of clean objects.
    private func uploadChecksums(of pipeline: Pipeline) async -> StoreAnswer? {
        guard let destination = pipeline.action(for: .clean).destination,
            let missing = missingObject(below: destination.keyPrefix, in: destination.bucket)
        else { return nil }
        return await StoreProbe(cloud.s3(of: pipeline)).uploadChecksums(at: missing)
    }
}
