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

    /// Publishes up to ten messages (Amazon SNS API Reference, "PublishBatch").
    ///
    /// - Returns: for each message, in order: nil if it was published, otherwise why not.
    package func publish(_ messages: [SNSMessage], timeout: Duration) async throws(AWSError) -> [AWSError?] {
        var form = QueryForm(action: "PublishBatch", version: Self.version)
        form.add("TopicArn", topicARN)
        for (position, message) in messages.enumerated() {
            let member = "PublishBatchRequestEntries.member.\(position + 1)"
            form.add("\(member).Id", String(position))
            form.add("\(member).Message", message.text)
            form.add("\(member).MessageGroupId", isFIFO ? message.group : nil)
            form.add("\(member).MessageDeduplicationId", isFIFO ? message.deduplication : nil)
            for (index, (name, value)) in message.attributes.sorted(by: { $0.key < $1.key }).enumerated() {
                let entry = "\(member).MessageAttributes.entry.\(index + 1)"
                form.add("\(entry).Name", name)
                form.add("\(entry).Value.DataType", "String")
                form.add("\(entry).Value.StringValue", value)
            }
        }
        let call = call(form, timeout)
        return try await client.send(call) { (response) throws(AWSError) in
            var results = messages.map { _ -> AWSError? in AWSError(unanswered: call, head: response.head) }
            for entry in try PublishBatchEntry.all(in: response, of: call) {
                guard let position = Int(entry.id), results.indices.contains(position) else { continue }
                results[position] = entry.failure.map { failure in
                    let code = failure["Code"] ?? "Unknown"
                    return AWSError(
                        call, kind: AWSError.Kind(code: code, isSenderFault: failure["SenderFault"] == "true"),
                        code: code, message: failure["Message"] ?? "", head: response.head)
                }
            }
            return results
        }
    }

    /// Reads the topic's attributes, which shows that it exists and can be reached.
    package func attributes(timeout: Duration) async throws(AWSError) {
        var form = QueryForm(action: "GetTopicAttributes", version: Self.version)
        form.add("TopicArn", topicARN)
        try await client.send(call(form, timeout)) { _ in }
    }

    private func call(_ form: QueryForm, _ timeout: Duration) -> AWSCall {
        var call = AWSCall(form.action, signer: signer, method: "POST", address: address)
        call.timeout = timeout
        call.add(form)
        return call
    }

    private static let version = "2010-03-31"
}

package struct SNSMessage: Sendable {
    let text: String
    let attributes: [String: String]
    let group: String
    let deduplication: String

    /// - Parameters:
    ///   - attributes: string attributes by name.
    ///   - group: a FIFO topic delivers the messages of a group one after the other. Other topics have no groups.
    ///   - deduplication: a FIFO topic takes a message once within five minutes.
    package init(_ text: String, attributes: [String: String], group: String, deduplication: String) {
        self.text = text
        self.attributes = attributes
        self.group = group
        self.deduplication = deduplication
    }
}

/// An entry of the response to PublishBatch.
private struct PublishBatchEntry {
    let id: String
    /// The fields of a failed entry; nil for a published one.
    let failure: [String: String]?

    static func all(in response: HTTPResponse, of call: AWSCall) throws(AWSError) -> [PublishBatchEntry] {
        var entries: [PublishBatchEntry] = []
        var fields: [String: String] = [:]
        do throws(XMLReader.Failure) {
            try XMLReader.read(response.body) { path, text in
                guard path.count > 3, let name = path.last, path[1] == "PublishBatchResult" else { return }
                if path.count == 5 { fields[name] = text }
                guard path.count == 4, name == "member" else { return }
                if let id = fields["Id"] {
                    entries.append(PublishBatchEntry(id: id, failure: path[2] == "Failed" ? fields : nil))
                }
                fields = [:]
            }
        } catch {
            throw AWSError(unreadable: response, to: call, error)
        }
        return entries
    }
}
