internal import Domain
internal import FoundationEssentials
internal import HTTP
internal import Support

/// One queue of Amazon SQS, by its JSON protocol (Amazon SQS API Reference; "AWS JSON 1.0 protocol" of Smithy).
package struct SQSClient: Sendable {
    package let queueURL: String
    private let client: AWSClient
    private let signer: Signer
    private let address: AWSCall.Address?

    /// - Parameter queueURL: its host is where requests go, unless an endpoint is configured.
    package init(client: AWSClient, queueURL: String) {
        self.client = client
        self.queueURL = queueURL
        let place = QueuePlace(queueURL: queueURL, settings: client.settings)
        address = place.address
        signer = Signer(service: .sqs, region: place.region)
    }

    /// Waits until there is a message, and gives as many as there are up to `max`; none once `wait` is over.
    ///
    /// - Parameters:
    ///   - max: from 1 to 10.
    ///   - wait: at most 20 s.
    ///   - visibility: how long they stay hidden from others; the queue's own where nil.
    package func receive(max: Int, wait: Duration, visibility: Duration? = nil) async throws(AWSError) -> [SQSMessage] {
        let wait = Swift.min(Swift.max(wait, .zero), .seconds(20))
        let answer: ReceivedMessages = try await ask("ReceiveMessage", timeout: wait + .seconds(15)) { json in
            json.field("MaxNumberOfMessages", Swift.min(Swift.max(max, 1), 10))
            json.field("WaitTimeSeconds", wait.wholeSeconds)
            json.field("VisibilityTimeout", visibility?.wholeSeconds)
            let names = ["ApproximateReceiveCount", "SentTimestamp", "ApproximateFirstReceiveTimestamp"]
            json.field("MessageSystemAttributeNames", names)
            // The name before 2023, which other servers than AWS's still go by.
            json.field("AttributeNames", names)
        }
        return answer.messages?.map(\.message) ?? []
    }

    /// Sends one message and gives its id.
    ///
    /// - Parameter attributes: text attributes by name.
    package func send(
        _ body: String, attributes: [String: String] = [:], delay: Duration? = nil
    ) async throws(AWSError) -> String {
        let answer: SentMessage = try await ask("SendMessage") { json in
            json.field("MessageBody", body)
            json.field("DelaySeconds", delay?.wholeSeconds)
            if !attributes.isEmpty { write(attributes, to: &json) }
        }
        return answer.messageID
    }

    package func attributes() async throws(AWSError) -> QueueAttributes {
        let answer: AttributesAnswer = try await ask("GetQueueAttributes") { json in
            json.field("AttributeNames", ["All"])
        }
        return QueueAttributes(answer.attributes ?? [:])
    }

    /// Asks the service and reads its answer; `fill` writes the input's fields, after the queue's URL where the operation
    /// takes one.
    func ask<Answer: Decodable>(
        _ operation: String, namingQueue: Bool = true, timeout: Duration = .seconds(30),
        _ fill: (inout JSONWriter) -> Void
    ) async throws(AWSError) -> Answer {
        guard let address else {
            throw AWSError(
                kind: .invalid, code: "InvalidQueueURL", service: .sqs, operation: operation,
                message: "\(queueURL) is no queue's URL",
                hint: "Give the whole URL, such as https://sqs.eu-central-1.amazonaws.com/123456789012/name.")
        }
        var call = AWSCall(operation, signer: signer, method: "POST", address: address)
        call.timeout = timeout
        call.addHeader("content-type", "application/x-amz-json-1.0")
        call.addHeader("x-amz-target", "AmazonSQS.\(operation)")
        call.body = JSONWriter.object { json in
            if namingQueue { json.field("QueueUrl", queueURL) }
            fill(&json)
        }
        return try await client.send(call) { response throws(AWSError) in
            do {
                // Some operations answer with no body at all where there is nothing to say.
                let body = response.body.isEmpty ? Array("{}".utf8) : response.body
                return try JSONDecoder().decode(Answer.self, from: Data(body))
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
    /// Rounded up, for SQS knows no parts of a second and a lease must not be shorter than asked for.
    var wholeSeconds: Int {
        let parts = components
        return Int(parts.seconds) + (parts.attoseconds > 0 ? 1 : 0)
    }
}
