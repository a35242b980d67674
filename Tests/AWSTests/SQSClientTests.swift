import AWS
import Domain
import Foundation
import TestKit
import Testing

@Suite(.timeLimit(.minutes(1))) struct SQSClientTests {
    private func json(_ request: ScriptedRequest) throws -> NSDictionary {
        try #require(JSONSerialization.jsonObject(with: Data(request.body)) as? NSDictionary)
    }

    @Test func `receiving asks in whole seconds and reads all of a message`() async throws {
        let bench = try Bench { _ in
            .status(
                200,
                """
                {"Messages":[{"MessageId":"m1","ReceiptHandle":"h1","Body":"{\\"a\\":\\"ü\\"}","Attributes":
                {"ApproximateReceiveCount":"3","SentTimestamp":"1795248550123","ApproximateFirstReceiveTimestamp":"1795248550999"}},
                {"MessageId":"m2","ReceiptHandle":"h2","Body":"x"}]}
                """)
        }
        defer { bench.server.stop() }
        let messages = try await bench.sqs.receive(max: 12, wait: .milliseconds(1500), visibility: .seconds(90))
        #expect(messages.map(\.id) == ["m1", "m2"])
        #expect(messages.map(\.receiptHandle) == ["h1", "h2"])
        #expect(messages[0].body == "{\"a\":\"ü\"}")
        #expect(messages.map(\.receiveCount) == [3, 1])
        #expect(messages[0].sentAt?.milliseconds == 1_795_248_550_123)
        #expect(messages[0].firstReceivedAt?.milliseconds == 1_795_248_550_999)
        #expect(messages[1].sentAt == nil)
        let request = try #require(bench.server.requests.first)
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
    func `an empty queue gives nothing`(body: String) async throws {
        let bench = try Bench { _ in .status(200, body) }
        defer { bench.server.stop() }
        #expect(try await bench.sqs.receive(max: 1, wait: .zero).isEmpty)
    }

    @Test func `a batch is read by position`() async throws {
        let bench = try Bench { _ in
            .status(
                200,
                """
                {"Failed":[{"Id":"1","Code":"ReceiptHandleIsInvalid","Message":"old","SenderFault":true},{"Id":"99","Code":"x"}],
                "Successful":[{"Id":"2"},{"Id":"0"},{"Id":"1"},{"Id":"zero"},{"Id":"-1"}]}
                """)
        }
        defer { bench.server.stop() }
        let results = try await bench.sqs.delete(["a", "b", "c", "d"])
        #expect(
            results == [
                nil, SQSBatchFailure(code: "ReceiptHandleIsInvalid", message: "old", isSenderFault: true), nil,
                results[3],
            ])
        #expect(results[3]?.code == "NotAnswered")
        #expect(results[3]?.isSenderFault == false)
        let entries = try #require(try json(bench.server.requests[0])["Entries"] as? [NSDictionary])
        #expect(entries.map { $0["Id"] as? String } == ["0", "1", "2", "3"])
        #expect(entries.map { $0["ReceiptHandle"] as? String } == ["a", "b", "c", "d"])
    }

    @Test func `an empty answer to a batch proves nothing`() async throws {
        let bench = try Bench { _ in .status(200, "{}") }
        defer { bench.server.stop() }
        let results = try await bench.sqs.changeVisibility([("a", .seconds(30)), ("b", .zero)])
        #expect(results.map { $0?.code } == ["NotAnswered", "NotAnswered"])
        let entries = try #require(try json(bench.server.requests[0])["Entries"] as? [NSDictionary])
        #expect(entries.map { $0["VisibilityTimeout"] as? Int } == [30, 0])
    }

    @Test func `an empty batch asks nothing`() async throws {
        let bench = try Bench { _ in .status(200) }
        defer { bench.server.stop() }
        #expect(try await bench.sqs.delete([]).isEmpty)
        #expect(bench.server.requests.isEmpty)
    }

    @Test func `more than ten go in several requests and one that fails is told entry by entry`() async throws {
        let all = (0..<10).map { "{\"Id\":\"\($0)\",\"MessageId\":\"m\($0)\"}" }.joined(separator: ",")
        let bench = try Bench { request in
            request.index == 0
                ? .status(200, "{\"Successful\":[\(all)]}") : .status(403, "{\"__type\":\"x#AccessDenied\"}")
        }
        defer { bench.server.stop() }
        let results = try await bench.sqs.sendBatch((0..<12).map { "body \($0)" })
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
    func `errors are read wherever their code is`(
        body: String, headers: [(String, String)], code: String, kind: AWSError.Kind, message: String?
    ) async throws {
        let bench = try Bench { _ in .status(400, body, headers: headers + [("x-amzn-RequestId", "R9")]) }
        defer { bench.server.stop() }
        let error = await awsError { _ = try await bench.sqs.receive(max: 1, wait: .zero) }
        #expect(error?.code == code)
        #expect(error?.kind == kind)
        #expect(error?.service == .sqs)
        #expect(error?.requestID == "R9")
        if let message { #expect(error?.message == message) }
    }

    @Test(arguments: ["3", "\"3\""])
    func `attributes tell the queue and its dead letters`(count: String) async throws {
        let policy = "{\"deadLetterTargetArn\":\"arn:dlq\",\"maxReceiveCount\":\(count)}".replacing("\"", with: "\\\"")
        let bench = try Bench { _ in
            .status(
                200,
                """
                {"Attributes":{"QueueArn":"arn:q","VisibilityTimeout":"45","ApproximateNumberOfMessages":"7",
                "ApproximateNumberOfMessagesNotVisible":"2","ApproximateNumberOfMessagesDelayed":"1","RedrivePolicy":"\(policy)"}}
                """)
        }
        defer { bench.server.stop() }
        let told = try await bench.sqs.attributes()
        #expect(
            told
                == QueueAttributes(
                    arn: "arn:q", visibilityTimeout: .seconds(45), visible: 7, inFlight: 2, delayed: 1,
                    redrive: .init(deadLetterARN: "arn:dlq", maxReceiveCount: 3)))
    }

    @Test func `sending gives the messages ID`() async throws {
        let bench = try Bench { _ in .status(200, "{\"MessageId\":\"m\"}") }
        defer { bench.server.stop() }
        #expect(try await bench.sqs.send("hi \"you\"\u{1}", attributes: ["kind": "x"]) == "m")
        let input = try json(bench.server.requests[0])
        #expect(input["MessageBody"] as? String == "hi \"you\"\u{1}")
        #expect(
            ((input["MessageAttributes"] as? NSDictionary)?["kind"] as? NSDictionary)?["StringValue"] as? String == "x")
    }

    @Test func `what is no queues URL is refused without a request`() async throws {
        let bench = try Bench { _ in .status(200) }
        defer { bench.server.stop() }
        let error = await awsError { _ = try await SQSClient(client: bench.client, queueURL: "queue").attributes() }
        #expect(error?.code == "InvalidQueueURL")
        #expect(bench.server.requests.isEmpty)
    }
}
