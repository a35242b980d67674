package import AWS
package import HTTP
package import Pipelines

/// A destination with what sends to it.
package struct NoticeDestination: Sendable {
    /// Identifies it in the ledger: `NotifyTarget.id`.
    package let id: String
    package let sender: any NoticeSender

    package init(id: String, sender: any NoticeSender) {
        self.id = id
        self.sender = sender
    }

    /// The destinations of all pipelines, each once, in order.
    ///
    /// - Parameters:
    ///   - client: for SNS, SQS and EventBridge.
    ///   - environment: may hold the secrets of webhooks.
    package static func all(
        of pipelines: PipelineSet, client: AWSClient, environment: [String: String]
    ) throws(HTTPError) -> [NoticeDestination] {
        let targets = Set(pipelines.pipelines.flatMap { $0.notify.map(\.target) }).sorted { $0.id < $1.id }
        guard !targets.isEmpty else { return [] }
        var configuration = HTTPConfiguration()
        configuration.refusesMetadataServices = true
        let http = try HTTPClient(configuration: configuration)
        return targets.map { target in
            let sender: any NoticeSender =
                switch target {
                case .sns(let arn): SNSSender(SNSClient(client: client, topicARN: arn))
                case .sqs(let url): SQSSender(SQSClient(client: client, queueURL: url))
                case .eventBridge(let bus): EventBridgeSender(EventBridgeClient(client: client, bus: bus))
                case .webhook(let webhook):
                    WebhookSender(
                        url: webhook.url, secrets: WebhookSecrets(webhook.secrets, environment: environment),
                        http: http)
                }
            return NoticeDestination(id: target.id, sender: sender)
        }
    }
}
