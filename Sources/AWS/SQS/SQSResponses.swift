internal import Domain
internal import FoundationEssentials

// The outputs of SQS operations, as their JSON has them.

struct ReceiveMessageOutput: Decodable {
    struct Received: Decodable {
        let messageID: String
        let receiptHandle: String
        let body: String
        let attributes: [String: String]?

        enum CodingKeys: String, CodingKey {
            case messageID = "MessageId"
            case receiptHandle = "ReceiptHandle"
            case body = "Body"
            case attributes = "Attributes"
        }

        var message: SQSMessage {
            // Between 1970 and 9999: times are subtracted from each other.
            func time(_ name: String) -> Timestamp? {
                guard let number = attributes?[name].flatMap({ Int64($0) }), (0..<253_402_300_800_000).contains(number)
                else { return nil }
                return Timestamp(milliseconds: number)
            }
            return SQSMessage(
                id: messageID, receiptHandle: receiptHandle, body: body,
                receiveCount: attributes?["ApproximateReceiveCount"].flatMap { Int($0) } ?? 1,
                sentAt: time("SentTimestamp"), firstReceivedAt: time("ApproximateFirstReceiveTimestamp"))
        }
    }

    let messages: [Received]?

    enum CodingKeys: String, CodingKey { case messages = "Messages" }
}

struct GetQueueAttributesOutput: Decodable {
    let attributes: [String: String]?

    enum CodingKeys: String, CodingKey { case attributes = "Attributes" }
}

extension QueueAttributes {
    init(_ attributes: [String: String]) {
        func number(_ name: String) -> Int? { attributes[name].flatMap { Int($0) } }
        self.init(
            arn: attributes["QueueArn"], visibilityTimeout: number("VisibilityTimeout").map { .seconds($0) },
            visible: number("ApproximateNumberOfMessages") ?? 0,
            inFlight: number("ApproximateNumberOfMessagesNotVisible") ?? 0,
            delayed: number("ApproximateNumberOfMessagesDelayed") ?? 0,
            redrive: attributes["RedrivePolicy"].flatMap { Redrive(json: $0) },
            isFIFO: attributes["FifoQueue"] == "true",
            policy: attributes["Policy"])
    }
}

extension QueueAttributes.Redrive {
    /// Parses `{"deadLetterTargetArn":"…","maxReceiveCount":3}`. Some servers send the count as a string.
    init?(json: String) {
        struct Policy: Decodable {
            let deadLetterTargetArn: String
            let maxReceiveCount: Count

            struct Count: Decodable {
                let number: Int

                init(from decoder: any Decoder) throws {
                    let value = try decoder.singleValueContainer()
                    number = try (try? value.decode(Int.self)) ?? Int(value.decode(String.self)) ?? 0
                }
            }
        }
        guard let policy = try? JSONDecoder().decode(Policy.self, from: Data(json.utf8)) else { return nil }
        self.init(deadLetterARN: policy.deadLetterTargetArn, maxReceiveCount: policy.maxReceiveCount.number)
    }
}
