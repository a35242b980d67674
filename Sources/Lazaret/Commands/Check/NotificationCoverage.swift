internal import AWS

/// Whether a bucket's notifications reach a worker for the objects of a pipeline.
enum NotificationCoverage: Equatable {
    case covered
    /// Through something that can't be followed from the bucket: a topic or EventBridge.
    case indirect(String)
    /// The reason.
    case missing(String)

    /// - Parameters:
    ///   - queue: the ARN of the worker's queue.
    ///   - isFIFO: whether that queue is FIFO. S3 itself does not notify such queues.
    ///   - prefix: of the pipeline's keys.
    init(_ notification: BucketNotification, of prefix: String, to queue: String, isFIFO: Bool) {
        let rules = notification.queues.filter { $0.target == queue }
        if rules.contains(where: { $0.gap(of: prefix) == nil }) {
            self = .covered
        } else if let topic = notification.topics.first(where: { $0.gap(of: prefix) == nil }) {
            self = .indirect("the topic \(topic.target): make sure that the queue subscribes to it")
        } else if notification.usesEventBridge {
            self = .indirect("EventBridge: make sure that a rule sends the bucket's \"Object Created\" to the queue")
        } else if let rule = rules.first, let gap = rule.gap(of: prefix) {
            self = .missing("the bucket notifies the queue, but \(gap)")
        } else if isFIFO {
            self = .missing("S3 does not notify a FIFO queue: enable EventBridge for the bucket")
        } else {
            let other = notification.queues.first.map { " (it notifies \($0.target))" } ?? ""
            self = .missing("the bucket notifies neither this queue nor a topic nor EventBridge\(other)")
        }
    }
}

extension BucketNotification.Rule {
    /// Returns which uploads below a prefix it does not notify of; nil if it notifies of all.
    fileprivate func gap(of keys: String) -> String? {
        let needed = ["Put", "Post", "Copy", "CompleteMultipartUpload"].map { "s3:ObjectCreated:\($0)" }
        let missing = events.contains("s3:ObjectCreated:*") ? [] : needed.filter { !events.contains($0) }
        if !missing.isEmpty { return "not of \(missing.joined(separator: ", "))" }
        if !keys.utf8.starts(with: prefix.utf8) { return "only of keys that begin with '\(prefix)'" }
        return suffix.isEmpty ? nil : "only of keys that end in '\(suffix)'"
    }
}
