import AWS
import Testing

@testable import Lazaret

/// Whether a bucket's notifications reach the worker's queue.
struct NotificationCoverageTests {
    private static let (queue, other) = ("arn:aws:sqs:us-east-1:1:uploads", "arn:aws:sqs:us-east-1:1:other")
    private static let topic = "arn:aws:sns:us-east-1:1:uploads"

    private static func rule(
        _ target: String = queue, _ events: [String] = ["s3:ObjectCreated:*"], prefix: String = "", suffix: String = ""
    ) -> BucketNotification.Rule {
        BucketNotification.Rule(target: target, events: events, prefix: prefix, suffix: suffix)
    }

    private static let all = ["Put", "Post", "Copy", "CompleteMultipartUpload"].map { "s3:ObjectCreated:\($0)" }

    @Test(arguments: [
        BucketNotification(queues: [rule()]),
        BucketNotification(queues: [rule(prefix: "up")]),
        BucketNotification(queues: [rule(queue, all)]),
        BucketNotification(queues: [rule(other), rule(prefix: "x/"), rule(prefix: "uploads/")]),
    ])
    func `a rule for all uploads below the prefix covers a pipeline`(_ notification: BucketNotification) {
        #expect(coverage(notification) == .covered)
    }

    @Test(arguments: [
        (BucketNotification(), "neither this queue nor a topic nor EventBridge"),
        (BucketNotification(queues: [rule(other)]), "(it notifies arn:aws:sqs:us-east-1:1:other)"),
        (BucketNotification(queues: [rule(prefix: "uploads/images/")]), "that begin with 'uploads/images/'"),
        (BucketNotification(queues: [rule(prefix: "Uploads/")]), "that begin with 'Uploads/'"),
        (BucketNotification(queues: [rule(suffix: ".png")]), "that end in '.png'"),
        (
            BucketNotification(queues: [rule(queue, ["s3:ObjectCreated:Put"])]),
            "not of s3:ObjectCreated:Post, s3:ObjectCreated:Copy, s3:ObjectCreated:CompleteMultipartUpload"
        ),
        (BucketNotification(queues: [rule(queue, ["s3:ObjectRemoved:*"])]), "not of s3:ObjectCreated:Put"),
    ])
    func `what is not covered is named`(_ notification: BucketNotification, reason: String) {
        guard case .missing(let text) = coverage(notification) else {
            Issue.record("\(coverage(notification))")
            return
        }
        #expect(text.contains(reason))
    }

    @Test func `a topic and EventBridge are named as the way`() {
        let byTopic = BucketNotification(topics: [Self.rule(Self.topic)])
        guard case .indirect(let way) = coverage(byTopic) else {
            Issue.record("not indirect")
            return
        }
        #expect(way.contains(Self.topic))
        guard case .indirect(let bridge) = coverage(BucketNotification(usesEventBridge: true), isFIFO: true) else {
            Issue.record("not indirect")
            return
        }
        #expect(bridge.contains("EventBridge"))
        #expect(coverage(BucketNotification(topics: [Self.rule(Self.topic, prefix: "x/")])) != .indirect(way))
    }

    @Test func `a FIFO queue needs EventBridge`() {
        #expect(
            coverage(BucketNotification(), isFIFO: true)
                == .missing("S3 does not notify a FIFO queue: enable EventBridge for the bucket"))
    }

    private func coverage(_ notification: BucketNotification, isFIFO: Bool = false) -> NotificationCoverage {
        NotificationCoverage(notification, of: "uploads/", to: Self.queue, isFIFO: isFIFO)
    }
}

struct DescriptorNeedTests {
    @Test func `a hard limit below the need fails and a soft one is raised`() throws {
        let need = DescriptorNeed(concurrency: 64, scanners: 2, soft: 64, hard: 64)
        let failure = #expect(throws: CommandFailure.self) { _ = try need.report() }
        #expect(failure?.lines.first?.contains("needs \(need.needed) open files, and the limit is 64") == true)
        #expect(
            try DescriptorNeed(concurrency: 64, scanners: 2, soft: 64, hard: 4096).report().contains("raises to 4096"))
        #expect(try DescriptorNeed(concurrency: 16, scanners: 2, soft: 1024, hard: 4096).report().hasSuffix("is 1024"))
    }
}

/// What a worker logs at its start and `lazaret check` prints.
struct StartWarningsTests {
    @Test func `an unknown variable is named and a known one is not`() {
        #expect(StartWarnings.unknownVariables(["LAZARET_QUEUE": "u", "LAZARET_WRITE": "1", "PATH": "/"]) == nil)
        #expect(
            StartWarnings.unknownVariables(["LAZARET_QUEU": "u", "LAZARET_A": "1"])
                == "no flag belongs to the variable LAZARET_A, LAZARET_QUEU")
    }
}
