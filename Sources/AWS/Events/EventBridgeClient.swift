internal import Domain
internal import FoundationEssentials
internal import HTTP
internal import Support

/// A client of one Amazon EventBridge event bus, by the JSON protocol (Amazon EventBridge API Reference).
package struct EventBridgeClient: Sendable {
    /// Its name or ARN.
    package let bus: String
    /// The partition of its region: `aws`.
    package var partition: String { Partition.name(ofRegion: signer.region) }
    private let client: AWSClient
    private let signer: Signer
    private let address: AWSCall.Address

    /// - Parameter bus: a name in the configured region, or an ARN, whose region requests go to unless an endpoint is
    ///   configured.
    package init(client: AWSClient, bus: String) {
        self.client = client
        self.bus = bus
        let region = ARN(bus)?.regionLabel ?? client.settings.region
        signer = Signer(service: .eventBridge, region: region)
        address = AWSCall.Address(.eventBridge, region: region, configured: client.settings.eventBridgeEndpoint)
    }

    /// Puts up to ten events on the bus.
    ///
    /// - Returns: for each event, in order: nil if it was put, otherwise why not.
    package func put(_ events: [EventBridgeEvent], timeout: Duration) async throws(AWSError) -> [AWSError?] {
        let call = call("PutEvents", timeout) { json in
            json.objects("Entries", events) { event, json in
                json.field("Source", event.source)
                json.field("DetailType", event.type)
                json.field("Detail", event.detail)
                json.field("Resources", event.resources)
                json.field("EventBusName", bus)
            }
        }
        return try await client.send(call) { (response) throws(AWSError) in
            // The status is 200 even if entries were refused.
            let output: PutEventsOutput
            do {
                output = try JSONDecoder().decode(PutEventsOutput.self, from: Data(response.body))
            } catch {
                throw AWSError(unreadable: response, to: call, error)
            }
            return events.indices.map { index in
                guard let entry = output.entries.flatMap({ $0.indices.contains(index) ? $0[index] : nil }) else {
                    return AWSError(unanswered: call, head: response.head)
                }
                guard entry.eventID == nil else { return nil }
                let code = entry.code ?? "Unknown"
                return AWSError(
                    call, kind: AWSError.Kind(code: code, isSenderFault: true), code: code,
                    message: entry.message ?? "the event was refused", head: response.head)
            }
        }
    }

    /// Reads the bus's description, which shows that it exists and can be reached.
    package func describe(timeout: Duration) async throws(AWSError) {
        let name = ARN(bus)?.resource.split(separator: "/", maxSplits: 1).last.map(String.init) ?? bus
        try await client.send(call("DescribeEventBus", timeout) { $0.field("Name", name) }) { _ in }
    }

    private func call(
        _ operation: String, _ timeout: Duration, _ writeInput: (inout JSONWriter) -> Void
    ) -> AWSCall {
        var call = AWSCall(operation, signer: signer, method: "POST", address: address)
        call.timeout = timeout
        call.addHeader("content-type", "application/x-amz-json-1.1")
        call.addHeader("x-amz-target", "AWSEvents.\(operation)")
        call.body = JSONWriter.object(writeInput)
        return call
    }
}

package struct EventBridgeEvent: Sendable {
    let source: String
    let type: String
    let detail: String
    let resources: [String]

    /// - Parameters:
    ///   - detail: a JSON object.
    ///   - resources: ARNs that the event is about.
    package init(source: String, type: String, detail: String, resources: [String]) {
        self.source = source
        self.type = type
        self.detail = detail
        self.resources = resources
    }
}

private struct PutEventsOutput: Decodable {
    struct Entry: Decodable {
        let eventID: String?
        let code: String?
        let message: String?

        enum CodingKeys: String, CodingKey {
            case eventID = "EventId"
            case code = "ErrorCode"
            case message = "ErrorMessage"
        }
    }

    let entries: [Entry]?

    enum CodingKeys: String, CodingKey { case entries = "Entries" }
}
