internal import Domain
internal import HTTP

/// A client of one Amazon SNS topic, by the query protocol (Amazon SNS API Reference, version 2010-03-31).
package struct SNSClient: Sendable {
    package let topicARN: String
    private let client: AWSClient
    private let signer: Signer
    private let address: AWSCall.Address

    /// - Parameter topicARN: requests go to its region unless an endpoint is configured.
    package init(client: AWSClient, topicARN: String) {
        self.client = client
        self.topicARN = topicARN
        let region = ARN(topicARN)?.regionLabel ?? client.settings.region
        signer = Signer(service: .sns, region: region)
        address = AWSCall.Address(.sns, region: region, configured: client.settings.snsEndpoint)
    }

    /// Whether the topic is FIFO: SNS gives exactly those topics this ending.
    package var isFIFO: Bool { topicARN.hasSuffix(".fifo") }

    /// Publishes a message.
    ///
    /// - Parameters:
    ///   - attributes: string attributes by name.
    ///   - group: of a FIFO topic, which delivers the messages of a group one after the other.
    ///   - deduplication: of a FIFO topic, which takes a message once within five minutes.
    package func publish(
        _ message: String, attributes: [String: String], group: String?, deduplication: String?, timeout: Duration
    ) async throws(AWSError) {
        var form = QueryForm(action: "Publish", version: Self.version)
        form.add("TopicArn", topicARN)
        form.add("Message", message)
        form.add("MessageGroupId", group)
        form.add("MessageDeduplicationId", deduplication)
        for (index, (name, value)) in attributes.sorted(by: { $0.key < $1.key }).enumerated() {
            let entry = "MessageAttributes.entry.\(index + 1)"
            form.add("\(entry).Name", name)
            form.add("\(entry).Value.DataType", "String")
            form.add("\(entry).Value.StringValue", value)
        }
        try await send(form, timeout)
    }

    /// Reads the topic's attributes, which shows that it exists and can be reached.
    package func attributes(timeout: Duration) async throws(AWSError) {
        var form = QueryForm(action: "GetTopicAttributes", version: Self.version)
        form.add("TopicArn", topicARN)
        try await send(form, timeout)
    }

    private func send(_ form: QueryForm, _ timeout: Duration) async throws(AWSError) {
        var call = AWSCall(form.action, signer: signer, method: "POST", address: address)
        call.timeout = timeout
        call.add(form)
        try await client.send(call) { _ in }
    }

    private static let version = "2010-03-31"
}
