import AWS
import Domain
import Foundation
import TestKit
import Testing

@Suite(.timeLimit(.minutes(1))) struct SQSClientTests {
    private func json(_ request: ScriptedRequest) throws -> NSDictionary {
        try #require(JSONSerialization.jsonObject(with: Data(request.body)) as? NSDictionary)
    }

    @Test func `a receive request uses whole seconds and every message field is decoded`() async throws {
        let fixture = try AWSClientFixture { _ in
            .status(
                200,
                """
                {"Messages":[{"MessageId":"m1","ReceiptHandle":"h1","Body":"{\\"a\\":\\"ü\\"}","Attributes":
                {"ApproximateReceiveCount":"3","SentTimestamp":"1795248550123","ApproximateFirstReceiveTimestamp":"1795248550999"}},
                {"MessageId":"m2","ReceiptHandle":"h2","Body":"x","Attributes":
                {"SentTimestamp":"-9223372036854775808","ApproximateFirstReceiveTimestamp":"9223372036854775807"}}]}
                """)
        }
        defer { fixture.server.stop() }
        let messages = try await fixture.sqs.receive(max: 12, wait: .milliseconds(1500), visibility: .seconds(90))
        #expect(messages.map(\.id) == ["m1", "m2"])
        #expect(messages.map(\.receiptHandle) == ["h1", "h2"])
        #expect(messages[0].body == "{\"a\":\"ü\"}")
        #expect(messages.map(\.receiveCount) == [3, 1])
        #expect(messages[0].sentAt?.milliseconds == 1_795_248_550_123)
        #expect(messages[0].firstReceivedAt?.milliseconds == 1_795_248_550_999)
        // No time that could be subtracted from another one.
        #expect(messages[1].sentAt == nil && messages[1].firstReceivedAt == nil)
        let request = try #require(fixture.server.requests.first)
        #expect(request.target == "/")
        #expect(request["x-amz-target"] == "AmazonSQS.ReceiveMessage")
        #expect(request["content-type"] == "application/x-amz-json-1.0")
        let input = try json(request)
        #expect(input["QueueUrl"] as? String == "https://sqs.eu-central-1.amazonaws.com/1/queue")
        #expect(input["MaxNumberOfMessages"] as? Int == 10)
        #expect(input["WaitTimeSeconds"] as? Int == 2)
        #expect(input["VisibilityTimeout"] as? Int == 90)
    }

    @Test(arguments: ["{}", "", "{\"Messages\":null}", "{\"Messages\":[]}"])
    func `an empty queue returns no messages`(body: String) async throws {
        let fixture = try AWSClientFixture { _ in .status(200, body) }
        defer { fixture.server.stop() }
        #expect(try await fixture.sqs.receive(max: 1, wait: .zero).isEmpty)
    }

    @Test func `batch results are matched by position`() async throws {
        let fixture = try AWSClientFixture { _ in
            .status(
                200,
                """
                {"Failed":[{"Id":"1","Code":"ReceiptHandleIsInvalid","Message":"old","SenderFault":true},{"Id":"99","Code":"x"}],
                "Successful":[{"Id":"2"},{"Id":"0"},{"Id":"1"},{"Id":"zero"},{"Id":"-1"}]}
                """)
        }
        defer { fixture.server.stop() }
        let results = try await fixture.sqs.delete(["a", "b", "c", "d"])
        #expect(
            results == [
                nil, SQSBatchFailure(code: "ReceiptHandleIsInvalid", message: "old", isSenderFault: true), nil,
                results[3],
            ])
        #expect(results[3]?.code == "NotAnswered")
        #expect(results[3]?.isSenderFault == false)
        let entries = try #require(try json(fixture.server.requests[0])["Entries"] as? [NSDictionary])
        #expect(entries.map { $0["Id"] as? String } == ["0", "1", "2", "3"])
        #expect(entries.map { $0["ReceiptHandle"] as? String } == ["a", "b", "c", "d"])
    }

    @Test func `batch entries that the response omits have failed`() async throws {
        let fixture = try AWSClientFixture { _ in .status(200, "{}") }
        defer { fixture.server.stop() }
        let results = try await fixture.sqs.changeVisibility([("a", .seconds(30)), ("b", .zero)])
        #expect(results.map { $0?.code } == ["NotAnswered", "NotAnswered"])
        let entries = try #require(try json(fixture.server.requests[0])["Entries"] as? [NSDictionary])
        #expect(entries.map { $0["VisibilityTimeout"] as? Int } == [30, 0])
    }

    @Test func `an empty batch sends no request`() async throws {
        let fixture = try AWSClientFixture { _ in .status(200) }
        defer { fixture.server.stop() }
        #expect(try await fixture.sqs.delete([]).isEmpty)
        #expect(fixture.server.requests.isEmpty)
    }

    @Test(arguments: ["q", "q.fifo"])
    func `only a FIFO queue gets groups and deduplication ids`(_ name: String) async throws {
        let fixture = try AWSClientFixture { _ in
            .status(200, #"{"Successful":[{"Id":"0","MessageId":"a"},{"Id":"1","MessageId":"b"}]}"#)
        }
        defer { fixture.server.stop() }
        let sqs = SQSClient(client: fixture.client, queueURL: "\(fixture.server.url)/1/\(name)")
        let sent = try await sqs.sendBatch([
            SQSOutgoingMessage(body: "x", group: "g1", deduplication: "d1"),
            SQSOutgoingMessage(body: "y", group: "g2", deduplication: "d2"),
        ])
        #expect(try sent.map { try $0.get() } == ["a", "b"])
        let text = fixture.server.requests[0].text
        let first = #""MessageBody":"x","MessageGroupId":"g1","MessageDeduplicationId":"d1""#
        #expect(text.contains(first) == sqs.isFIFO && text.contains("d2") == sqs.isFIFO, "\(text)")
        #expect(sqs.isFIFO == (name == "q.fifo"))
    }

    @Test func `more than ten entries are sent in several requests and the entries of a failed one fail one by one`()
        async throws
    {
        let all = (0..<10).map { "{\"Id\":\"\($0)\",\"MessageId\":\"m\($0)\"}" }.joined(separator: ",")
        let fixture = try AWSClientFixture { request in
            request.index == 0
                ? .status(200, "{\"Successful\":[\(all)]}") : .status(403, "{\"__type\":\"x#AccessDenied\"}")
        }
        defer { fixture.server.stop() }
        let results = try await fixture.sqs.sendBatch(
            (0..<12).map { SQSOutgoingMessage(body: "body \($0)", group: "g", deduplication: "d\($0)") })
        #expect(results.count == 12)
        #expect(try results[..<10].map { try $0.get() } == (0..<10).map { "m\($0)" })
        for result in results[10...] { #expect(throws: SQSBatchFailure.self) { try result.get() } }
    }

    @Test(
        arguments: [
            (
                "{\"__type\":\"com.amazonaws.sqs#QueueDoesNotExist\",\"message\":\"gone\"}", [], "QueueDoesNotExist",
                AWSError.Kind.notFound, "gone"
            ),
            (
                "{\"message\":\"gone\"}", [("x-amzn-query-error", "AWS.SimpleQueueService.NonExistentQueue;Sender")],
                "AWS.SimpleQueueService.NonExistentQueue", .notFound, "gone"
            ),
            (
                "{\"__type\":\"ReceiptHandleIsInvalid:http://x\",\"Message\":\"old\"}", [], "ReceiptHandleIsInvalid",
                .invalid, "old"
            ),
            ("{\"__type\":\"com.amazonaws.sqs#OverLimit\"}", [], "OverLimit", .throttled, nil),
            ("<html>", [], "BadRequest", .invalid, nil),
        ] as [(String, [(String, String)], String, AWSError.Kind, String?)])
    func `error codes are read from the body or the headers`(
        body: String, headers: [(String, String)], code: String, kind: AWSError.Kind, message: String?
    ) async throws {
        let fixture = try AWSClientFixture { _ in .status(400, body, headers: headers + [("x-amzn-RequestId", "R9")]) }
        defer { fixture.server.stop() }
        let error = await awsError { _ = try await fixture.sqs.receive(max: 1, wait: .zero) }
        #expect(error?.code == code)
        #expect(error?.kind == kind)
        #expect(error?.service == .sqs)
        #expect(error?.requestID == "R9")
        if let message { #expect(error?.message == message) }
    }

    @Test(arguments: ["3", "\"3\""])
    func `queue attributes include the redrive policy`(count: String) async throws {
        let policy = "{\"deadLetterTargetArn\":\"arn:dlq\",\"maxReceiveCount\":\(count)}".replacing("\"", with: "\\\"")
        let fixture = try AWSClientFixture { _ in
            .status(
                200,
                """
                {"Attributes":{"QueueArn":"arn:q","VisibilityTimeout":"45","ApproximateNumberOfMessages":"7",
                "ApproximateNumberOfMessagesNotVisible":"2","ApproximateNumberOfMessagesDelayed":"1","RedrivePolicy":"\(policy)"}}
                """)
        }
        defer { fixture.server.stop() }
        let attributes = try await fixture.sqs.attributes()
        #expect(
            attributes
                == QueueAttributes(
                    arn: "arn:q", visibilityTimeout: .seconds(45), visible: 7, inFlight: 2, delayed: 1,
                    redrive: .init(deadLetterARN: "arn:dlq", maxReceiveCount: 3)))
    }

    @Test func `a message is sent with its attributes`() async throws {
        let fixture = try AWSClientFixture { _ in .status(200, #"{"Successful":[{"Id":"0","MessageId":"m"}]}"#) }
        defer { fixture.server.stop() }
        let message = SQSOutgoingMessage(
            body: "hi \"you\"", group: "g", deduplication: "d", attributes: ["kind": "x"])
        let sent = try await fixture.sqs.sendBatch([message])
        #expect(try sent.map { try $0.get() } == ["m"])
        let text = fixture.server.requests[0].text
        #expect(text.contains(#""MessageBody":"hi \"you\"""#))
        #expect(text.contains(#""MessageAttributes":{"kind":{"DataType":"String","StringValue":"x"}}"#))
    }

    @Test func `an invalid queue URL is rejected without a request`() async throws {
        let fixture = try AWSClientFixture { _ in .status(200) }
        defer { fixture.server.stop() }
        let error = await awsError { _ = try await SQSClient(client: fixture.client, queueURL: "queue").attributes() }
        #expect(error?.code == "InvalidQueueURL")
        #expect(fixture.server.requests.isEmpty)
    }
}
