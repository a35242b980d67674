internal import AWS
internal import Domain
internal import Notices
internal import Pipelines
internal import Support

/// The checks of queues and buckets.
extension CheckCommand {
    static func checkServices(
        of cloud: Cloud, _ arguments: Arguments, _ set: PipelineSet?, _ report: inout CheckReport
    ) async {
        // A missing --queue is reported by the check of the flags.
        var attributes: QueueAttributes?
        if !cloud.queueURL.isEmpty {
            attributes = await report.check("queue") { () async throws in
                try await QueueCheck(cloud: cloud, url: cloud.queueURL).run()
            }
        }
        if let backfill = arguments.text("backfill-queue") {
            await report.check("backfill queue") { () async throws in
                try await QueueCheck(cloud: cloud, url: backfill).run()
            }
        }
        let pipelines = await checkRoles(of: set?.pipelines ?? [], cloud, &report)
        await checkBuckets(of: pipelines, cloud, writes: arguments.isSet("write"), &report)
        for pipeline in pipelines where !pipeline.tagsInPlace.isEmpty {
            await report.check("tags of \(pipeline.name)") { () async throws in
                ((), try await cloud.checkTagsInPlace(of: pipeline).text)
            }
        }
        if let set { await checkDestinations(of: set, cloud, arguments, &report) }
        guard let attributes else { return }
        for pipeline in pipelines {
            await report.check("notification of \(pipeline.name)") { () async throws in
                ((), try await notification(of: pipeline, to: attributes, cloud))
            }
        }
    }

    /// Assumes each pipeline's role.
    ///
    /// - Returns: the pipelines whose buckets can be asked.
    private static func checkRoles(
        of pipelines: [Pipeline], _ cloud: Cloud, _ report: inout CheckReport
    ) async -> [Pipeline] {
        var usable: [Pipeline] = []
        for pipeline in pipelines {
            guard let role = pipeline.access.role else {
                usable.append(pipeline)
                continue
            }
            let isAssumed: Void? = await report.check("role of \(pipeline.name)") { () async throws in
                do throws(AWSError) {
                    let until = try await cloud.assumedRole(of: pipeline)?.expiration
                    return ((), "\(role.arn), assumed\(until.map { ", renewed before it expires at \($0)" } ?? "")")
                } catch { throw cloud.failure(error) }
            }
            if isAssumed != nil { usable.append(pipeline) }
        }
        return usable
    }

    /// Checks each bucket with each identity that pipelines use it with.
    private static func checkBuckets(
        of pipelines: [Pipeline], _ cloud: Cloud, writes: Bool, _ report: inout CheckReport
    ) async {
        for bucket in Set(pipelines.flatMap(\.buckets)).sorted() {
            var groups: [(access: BucketAccess, pipelines: [Pipeline])] = []
            for pipeline in pipelines where pipeline.buckets.contains(bucket) {
                if let index = groups.firstIndex(where: { $0.access == pipeline.access }) {
                    groups[index].pipelines.append(pipeline)
                } else {
                    groups.append((pipeline.access, [pipeline]))
                }
            }
            for (access, users) in groups {
                let check = BucketCheck(
                    cloud: cloud, s3: cloud.s3(of: users.first), bucket: bucket, needs: BucketNeeds.of(bucket, users),
                    source: users.first { $0.match.bucket == bucket }, writes: writes)
                let whose = [access.role.map { " as \($0.arn)" }, access.region.map { " in \($0)" }]
                await report.check("bucket \(bucket)\(whose.compactMap(\.self).joined())") { () async throws in
                    ((), try await check.run().joined(separator: "\n"))
                }
            }
        }
    }

    /// Whether each destination of notices can be used: with `--write` by a test notice.
    private static func checkDestinations(
        of set: PipelineSet, _ cloud: Cloud, _ arguments: Arguments, _ report: inout CheckReport
    ) async {
        var destinations: [NoticeDestination] = []
        do {
            destinations = try cloud.destinations(of: set, environment: arguments.environment)
        } catch {
            await report.check("notices") { () async throws -> (Void, String) in throw error }
        }
        for destination in destinations {
            await report.check("notices to \(destination.id)") { () async throws in
                do throws(SendFailure) {
                    guard arguments.isSet("write") else { return ((), try await destination.sender.check()) }
                    try await destination.sender.send(.test(to: destination.id, at: .now()))
                    return ((), "it took a test notice")
                } catch {
                    throw CommandFailure(
                        error.kind == .unavailable ? .unavailable : .configuration, error.description)
                }
            }
        }
    }

    /// Whether uploads that a pipeline takes reach the queue. Reading the notification is an optional permission.
    private static func notification(
        of pipeline: Pipeline, to queue: QueueAttributes, _ cloud: Cloud
    ) async throws -> String {
        guard let arn = queue.arn else { return "not tried: the queue does not say its ARN" }
        let notification: BucketNotification
        do throws(AWSError) {
            notification = try await cloud.s3(of: pipeline).notification(of: pipeline.match.bucket)
        } catch {
            return "not tried: \(error.status == 403 ? "allow s3:GetBucketNotification" : "\(error)")"
        }
        switch NotificationCoverage(notification, of: pipeline.match.prefix, to: arn, isFIFO: queue.isFIFO) {
        case .covered: return "the bucket notifies the queue of each upload"
        case .indirect(let way): return "by way of \(way)"
        case .missing(let reason): return "WARNING: \(reason), so its uploads are not seen"
        }
    }
}

/// The check of a queue that the worker receives from.
struct QueueCheck {
    let cloud: Cloud
    let url: String

    func run() async throws -> (QueueAttributes, String) {
        let attributes = try await cloud.attributes(of: url)
        let queue = cloud.queue(url)
        var (allowed, denied, lines): ([String], [String], [String]) = (["sqs:GetQueueAttributes"], [], [])
        for permission in SQSPermission.allCases {
            switch await queue.tries(permission) {
            case .allowed: allowed.append(permission.rawValue)
            case .denied(let error): denied.append("denied: \(permission.rawValue) on \(url) (\(error.code))")
            case .unknown(let error): lines.append("not tried: \(permission.rawValue): \(error)")
            }
        }
        guard denied.isEmpty else {
            throw CommandFailure(
                .configuration,
                lines: denied + ["allow it in the policies of the identity and the queue (docs/SETUP.md)"])
        }
        if attributes.isFIFO {
            lines.append("FIFO: S3 does not notify it, EventBridge does")
        }
        lines += QueueSenders(policy: attributes.policy).warnings.map { "WARNING: \($0)" }
        lines.append("allowed: \(allowed.joined(separator: ", "))")
        guard let redrive = attributes.redrive else {
            let warning =
                "\(url); WARNING: no dead-letter queue, so a message that always fails is retried until it expires"
            return (attributes, ([warning] + lines).joined(separator: "\n"))
        }
        lines.append(try await deadLetters(redrive, queue))
        let first = "\(url), dead-letter queue after \(redrive.maxReceiveCount) receives"
        return (attributes, ([first] + lines).joined(separator: "\n"))
    }

    /// The worker itself never calls the dead-letter queue; `replay` and people do.
    private func deadLetters(_ redrive: QueueAttributes.Redrive, _ queue: SQSClient) async throws -> String {
        let name = redrive.deadLetterARN
        guard let sibling = queue.sibling(arn: name) else { return "not tried: the dead-letter queue \(name)" }
        do throws(AWSError) {
            let waiting = try await sibling.attributes().visible
            return waiting == 0
                ? "dead-letter queue \(name): empty"
                : "dead-letter queue \(name): WARNING: \(waiting) messages; `lazaret replay --dlq` sends them again"
        } catch {
            guard error.kind == .notFound else { return "not tried: the dead-letter queue \(name): \(error)" }
            throw CommandFailure(.configuration, "the dead-letter queue \(name) does not exist")
        }
    }
}

extension Pipeline {
    /// Every bucket that the pipeline reads from or writes to.
    var buckets: [String] {
        [match.bucket] + Verdict.allCases.compactMap { action(for: $0).destination?.bucket }
    }
}
