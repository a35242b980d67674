import AWS
import TestKit
import Testing

/// SNS and EventBridge.
@Suite(.timeLimit(.minutes(1))) struct NoticeServiceTests {
    private static let topic = "arn:aws:sns:eu-west-2:123456789012:outcomes.fifo"

    @Test func `a message is published with its attributes, signed for the topic's region`() async throws {
        let fixture = try AWSClientFixture { _ in .status(200, "<PublishResponse/>") }
        defer { fixture.server.stop() }
        let client = SNSClient(client: fixture.client, topicARN: Self.topic)
        try await client.publish(
            #"{"a":"é&=+ \u202e"}"#, attributes: ["verdict": "clean", "bucket": "b"], group: "g",
            deduplication: client.isFIFO ? "d" : nil, timeout: .seconds(5))
        let request = try #require(fixture.server.requests.first)
        #expect(request.method == "POST" && request.target == "/")
        #expect(request["content-type"] == "application/x-www-form-urlencoded; charset=utf-8")
        #expect(request["authorization"]?.contains("/eu-west-2/sns/aws4_request") == true)
        #expect(
            request.form == [
                "Action": "Publish", "Version": "2010-03-31", "TopicArn": Self.topic,
                "Message": #"{"a":"é&=+ \u202e"}"#, "MessageGroupId": "g", "MessageDeduplicationId": "d",
                "MessageAttributes.entry.1.Name": "bucket", "MessageAttributes.entry.1.Value.DataType": "String",
                "MessageAttributes.entry.1.Value.StringValue": "b", "MessageAttributes.entry.2.Name": "verdict",
                "MessageAttributes.entry.2.Value.DataType": "String",
                "MessageAttributes.entry.2.Value.StringValue": "clean",
            ])
    }

    @Test(arguments: [
        (404, "NotFound", AWSError.Kind.notFound), (403, "AuthorizationError", .denied),
        (400, "InvalidParameter", .invalid), (429, "Throttling", .throttled), (500, "InternalError", .transient),
    ])
    func `each error of SNS has its kind`(status: Int, code: String, kind: AWSError.Kind) async throws {
        let fixture = try AWSClientFixture(maxAttempts: 1) { _ in
            .status(
                status,
                "<ErrorResponse><Error><Type>Sender</Type><Code>\(code)</Code><Message>m</Message></Error></ErrorResponse>"
            )
        }
        defer { fixture.server.stop() }
        let client = SNSClient(client: fixture.client, topicARN: Self.topic)
        let error = await awsError { try await client.attributes(timeout: .seconds(5)) }
        #expect(error?.kind == kind && error?.code == code && error?.service == .sns)
    }

    @Test func `an event is put on the bus, and an entry that was refused is an error`() async throws {
        let fixture = try AWSClientFixture(maxAttempts: 1) { request in
            switch request.index {
            case 0: .status(200, #"{"FailedEntryCount":0,"Entries":[{"EventId":"1"}]}"#)
            case 1:
                .status(
                    200,
                    #"{"FailedEntryCount":1,"Entries":[{"ErrorCode":"AccessDeniedException","ErrorMessage":"no"}]}"#)
            case 2: .status(200, #"{"FailedEntryCount":0,"Entries":[]}"#)
            case 3:
                .status(
                    200, #"{"FailedEntryCount":1,"Entries":[{"ErrorCode":"ThrottlingException","ErrorMessage":"no"}]}"#)
            default: .status(400, #"{"__type":"ResourceNotFoundException","message":"Event bus x does not exist."}"#)
            }
        }
        defer { fixture.server.stop() }
        let client = EventBridgeClient(client: fixture.client, bus: "arn:aws:events:eu-west-2:1:event-bus/x/y")
        func put() async throws {
            try await client.put(
                detail: #"{"a":1}"#, type: "T", source: "s", resources: ["r"], timeout: .seconds(5))
        }
        try await put()
        for kind in [AWSError.Kind.denied, .invalid, .throttled] {
            #expect(await awsError { try await put() }?.kind == kind)
        }
        #expect(await awsError { try await client.describe(timeout: .seconds(5)) }?.kind == .notFound)
        let request = try #require(fixture.server.requests.first)
        #expect(request["x-amz-target"] == "AWSEvents.PutEvents")
        #expect(request["content-type"] == "application/x-amz-json-1.1")
        #expect(request["authorization"]?.contains("/eu-west-2/events/aws4_request") == true)
        #expect(
            request.text
                == #"{"Entries":[{"Source":"s","DetailType":"T","Detail":"{\"a\":1}","Resources":["r"],"EventBusName":"arn:aws:events:eu-west-2:1:event-bus/x/y"}]}"#
        )
        #expect(fixture.server.requests.last?.text == #"{"Name":"x/y"}"#)
    }

    @Test func `each service has its own endpoint variable`() throws {
        let settings = try AWSSettings(
            environment: [
                "AWS_REGION": "eu-central-1", "AWS_ENDPOINT_URL_SNS": "http://127.0.0.1:1",
                "AWS_ENDPOINT_URL_EVENTBRIDGE": "http://127.0.0.1:2",
            ], read: { _ in nil })
        #expect(settings.snsEndpoint?.origin == "http://127.0.0.1:1" && settings.sqsEndpoint == nil)
        #expect(settings.eventBridgeEndpoint?.origin == "http://127.0.0.1:2")
    }
}
