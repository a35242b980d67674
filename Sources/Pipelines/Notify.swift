package import Domain

/// One entry of `notify`: a destination, and which notices it gets.
package struct NotifyRule: Sendable, Equatable {
    package let target: NotifyTarget
    /// The verdicts whose outcomes are sent; nil for every outcome, also one without a verdict.
    package let verdicts: Set<Verdict>?
    /// The dispositions whose outcomes and reviews are sent; nil for all, and for those without a disposition.
    package let dispositions: Set<Disposition>?
    /// Whether a notice is sent when work on an object begins.
    package let received: Bool
    /// Whether releases, deletions and recalls are sent.
    package let reviews: Bool

    /// The most destinations of a pipeline: each takes a row with every outcome.
    static let most = 8
}

/// Where notices are sent.
package enum NotifyTarget: Sendable, Hashable {
    /// The ARN of a topic.
    case sns(String)
    /// The URL of a queue.
    case sqs(String)
    /// The name or the ARN of an event bus.
    case eventBridge(String)
    case webhook(Webhook)

    package struct Webhook: Sendable, Hashable {
        /// `https`, or `http` on this machine; without user, query and fragment.
        package let url: String
        /// The first one that is given here is the current one; during a rotation there are two.
        package let secrets: [SecretSource]
    }

    /// Identifies the destination in the ledger: `sns:arn:aws:sns:eu-central-1:123456789012:outcomes`.
    package var id: String {
        switch self {
        case .sns(let arn): "sns:\(arn)"
        case .sqs(let url): "sqs:\(url)"
        case .eventBridge(let bus): "eventbridge:\(bus)"
        case .webhook(let webhook): "webhook:\(webhook.url)"
        }
    }
}

/// Where a secret is: never in the pipeline itself.
package enum SecretSource: Sendable, Hashable, CustomStringConvertible {
    /// The name of an environment variable.
    case environment(String)
    /// The path of a file, which is read again each time.
    case file(String)

    package var description: String {
        switch self {
        case .environment(let name): "env:\(name)"
        case .file(let path): "file:\(path)"
        }
    }
}
