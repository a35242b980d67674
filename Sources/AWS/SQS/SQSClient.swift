internal import Domain
internal import FoundationEssentials
internal import HTTP
internal import Support

/// A client of one Amazon SQS queue, by the JSON protocol (Amazon SQS API Reference; Smithy, "AWS JSON 1.0 protocol").
package struct SQSClient: Sendable {
    package let queueURL: String
    let client: AWSClient
    let signer: Signer
    private let address: AWSCall.Address?

    /// - Parameter queueURL: requests go to its host unless an endpoint is configured.
    package init(client: AWSClient, queueURL: String) {
        self.client = client
        self.queueURL = queueURL
        let endpoint = QueueEndpoint(queueURL: queueURL, settings: client.settings)
        address = endpoint.address
        signer = Signer(service: .sqs, region: endpoint.region)
    }

    /// Whether the queue is FIFO: SQS gives exactly those queues this ending.
    package var isFIFO: Bool { queueURL.hasSuffix(".fifo") }

    /// Receives up to `max` messages by long polling. Returns none if none arrived within `wait`.
    ///
    /// - Parameters:
    ///   - max: from 1 to 10.
    ///   - wait: at most 20 s.
    ///   - visibility: the visibility timeout; nil means the queue's own.
    package func receive(max: Int, wait: Duration, visibility: Duration? = nil) async throws(AWSError) -> [SQSMessage] {
        let wait = Swift.min(Swift.max(wait, .zero), .seconds(20))
        let output: ReceiveMessageOutput = try await send(operation: "ReceiveMessage", timeout: wait + .seconds(15)) {
            json in
            json.field("MaxNumberOfMessages", Swift.min(Swift.max(max, 1), 10))
            json.field("WaitTimeSeconds", wait.wholeSeconds)
            json.field("VisibilityTimeout", visibility?.wholeSeconds)
            let names = ["ApproximateReceiveCount", "SentTimestamp", "ApproximateFirstReceiveTimestamp"]
            json.field("MessageSystemAttributeNames", names)
            // The name before 2023, which servers other than AWS still read.
            json.field("AttributeNames", names)
        }
        return output.messages?.map(\.message) ?? []
    }

    package func attributes() async throws(AWSError) -> QueueAttributes {
        let output: GetQueueAttributesOutput = try await send(operation: "GetQueueAttributes") { json in
            json.field("AttributeNames", ["All"])
        }
        return QueueAttributes(output.attributes ?? [:])
    }

    /// Sends an operation's request and decodes the response.
    ///
    /// - Parameters:
    ///   - includesQueueURL: whether the input starts with the queue URL.
    ///   - writeInput: writes the input's other fields.
    func send<Output: Decodable>(
        operation: String, includesQueueURL: Bool = true, timeout: Duration = .seconds(30),
        _ writeInput: (inout JSONWriter) -> Void
    ) async throws(AWSError) -> Output {
        guard let address else {
            throw AWSError(
                kind: .invalid, code: "InvalidQueueURL", service: .sqs, operation: operation,
                message: "\(queueURL) is not a queue URL",
                hint: "Pass the whole URL, such as https://sqs.eu-central-1.amazonaws.com/123456789012/name.")
        }
        var call = AWSCall(operation, signer: signer, method: "POST", address: address)
        call.timeout = timeout
        call.addHeader("content-type", "application/x-amz-json-1.0")
        call.addHeader("x-amz-target", "AmazonSQS.\(operation)")
        call.body = JSONWriter.object { json in
            if includesQueueURL { json.field("QueueUrl", queueURL) }
            writeInput(&json)
        }
        return try await client.send(call) { response throws(AWSError) in
            do {
                // Some operations return an empty body instead of an empty object.
                let body = response.body.isEmpty ? Array("{}".utf8) : response.body
                return try JSONDecoder().decode(Output.self, from: Data(body))
            } catch {
                throw AWSError(unreadable: response, to: call, error)
            }
        }
    }

    func write(_ attributes: [String: String], to json: inout JSONWriter) {
        json.object("MessageAttributes") { json in
            for (name, value) in attributes.sorted(by: { $0.key < $1.key }) {
                json.object(name) { json in
                    json.field("DataType", "String")
                    json.field("StringValue", value)
                }
            }
        }
    }
}

extension Duration {
    /// Rounded up: SQS takes whole seconds, and a lease must not be shorter than requested.
    var wholeSeconds: Int {
        let parts = components
        return Int(parts.seconds) + (parts.attoseconds > 0 ? 1 : 0)
    }
}
