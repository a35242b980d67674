import AWS
import TestKit
import Testing

/// SNS and EventBridge.
@Suite(.timeLimit(.minutes(1))) struct NoticeServiceTests {
    private static let topic = "arn:aws:sns:eu-west-2:123456789012:outcomes.fifo"

    @Test func `messages are published together with their attributes, signed for the topic's region`() async throws {
        let fixture = try AWSClientFixture(maxAttempts: 1) { request in
            switch request.index {
            case 0:
                .status(
                    200,
                    """
                    <PublishBatchResponse><PublishBatchResult>
                    <Successful><member><Id>2</Id><MessageId>m</MessageId></member></Successful>
                    <Failed><member><Id>0</Id><Code>InvalidParameter</Code><Message>too long</Message>
                    <SenderFault>true</SenderFault></member><member><Id>1</Id><Code>InternalError</Code>
                    <SenderFault>false</SenderFault></member><member><Id>7</Id></member><member/></Failed>
                    </PublishBatchResult></PublishBatchResponse>
                    """)
            case 1: .status(200, "<PublishBatchResponse/>")
            default: .status(200, "<PublishBatchResponse>")
            }
        }
        defer { fixture.server.stop() }
        let client = SNSClient(client: fixture.client, topicARN: Self.topic)
        let messages = [#"{"a":"é&=+ \u202e"}"#, "b", "c"].enumerated().map {
            SNSMessage(
                $1, attributes: $0 == 0 ? ["verdict": "clean", "bucket": "b"] : [:], group: "g", deduplication: "d\($0)"
            )
        }
        let results = try await client.publish(messages, timeout: .seconds(5))
        #expect(results.map { $0?.kind } == [.invalid, .transient, nil])
        #expect(results[0]?.code == "InvalidParameter" && results[0]?.message == "too long")
        let request = try #require(fixture.server.requests.first)
        #expect(request.method == "POST" && request.target == "/")
        #expect(request["content-type"] == "application/x-www-form-urlencoded; charset=utf-8")
        #expect(request["authorization"]?.contains("/eu-west-2/sns/aws4_request") == true)
        let first = "PublishBatchRequestEntries.member.1"
        var expected = ["Action": "PublishBatch", "Version": "2010-03-31", "TopicArn": Self.topic]
        for (number, text) in [(1, #"{"a":"é&=+ \u202e"}"#), (2, "b"), (3, "c")] {
            let member = "PublishBatchRequestEntries.member.\(number)"
            expected["\(member).Id"] = "\(number - 1)"
            expected["\(member).Message"] = text
            expected["\(member).MessageGroupId"] = "g"
            expected["\(member).MessageDeduplicationId"] = "d\(number - 1)"
        }
        for (number, (name, value)) in [("bucket", "b"), ("verdict", "clean")].enumerated() {
            expected["\(first).MessageAttributes.entry.\(number + 1).Name"] = name
            expected["\(first).MessageAttributes.entry.\(number + 1).Value.DataType"] = "String"
            expected["\(first).MessageAttributes.entry.\(number + 1).Value.StringValue"] = value
        }
        #expect(request.form == expected)
        // An entry that is not mentioned may have been published; an answer that can't be read is no answer.
        #expect(
            try await client.publish(messages, timeout: .seconds(5)).map { $0?.code } == [
                "NotAnswered", "NotAnswered", "NotAnswered",
            ])
        #expect(await awsError { _ = try await client.publish(messages, timeout: .seconds(5)) } != nil)
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

    @Test func `events are put on the bus together, and each entry that was refused has its error`() async throws {
        let fixture = try AWSClientFixture(maxAttempts: 1) { request in
            switch request.index {
            case 0:
                .status(
                    200,
                    #"{"FailedEntryCount":2,"Entries":[{"EventId":"1"},{"ErrorCode":"AccessDeniedException","ErrorMessage":"no"},{"ErrorCode":"ThrottlingException"},{"ErrorCode":"MalformedDetail"},{}]}"#
                )
            default: .status(400, #"{"__type":"ResourceNotFoundException","message":"Event bus x does not exist."}"#)
            }
        }
        defer { fixture.server.stop() }
        let client = EventBridgeClient(client: fixture.client, bus: "arn:aws:events:eu-west-2:1:event-bus/x/y")
        let event = EventBridgeEvent(source: "s", type: "T", detail: #"{"a":1}"#, resources: ["r"])
        let results = try await client.put(Array(repeating: event, count: 6), timeout: .seconds(5))
        #expect(results.map { $0?.kind } == [nil, .denied, .throttled, .invalid, .invalid, .transient])
        #expect(results[5]?.code == "NotAnswered")
        #expect(await awsError { _ = try await client.put([event], timeout: .seconds(5)) }?.kind == .notFound)
        #expect(await awsError { try await client.describe(timeout: .seconds(5)) }?.kind == .notFound)
        let request = try #require(fixture.server.requests.first)
        #expect(request["x-amz-target"] == "AWSEvents.PutEvents")
        #expect(request["content-type"] == "application/x-amz-json-1.1")
        #expect(request["authorization"]?.contains("/eu-west-2/events/aws4_request") == true)
        let entry =
            #"{"Source":"s","DetailType":"T","Detail":"{\"a\":1}","Resources":["r"],"EventBusName":"arn:aws:events:eu-west-2:1:event-bus/x/y"}"#
        #expect(
            request.text == #"{"Entries":["# + Array(repeating: entry, count: 6).joined(separator: ",") + "]}")
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
