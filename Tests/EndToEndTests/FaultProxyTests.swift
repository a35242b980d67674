import HTTP
import TestKit
import Testing

/// The proxy between a worker and the cloud that injects faults in other tests.
@Suite(.timeLimit(.minutes(1))) struct FaultProxyTests {
    private struct ProxyFixture {
        let cloud: CloudOperator
        let proxy: FaultProxy
        let bucket: String
        private let client = try! HTTPClient()

        init(_ bucket: String) async throws {
            self.bucket = bucket
            let stack = try await MiniStack.shared()
            cloud = try await CloudOperator.shared()
            proxy = try FaultProxy(to: stack)
            try await cloud.createBucket(bucket)
            try await cloud.put(Array("0123456789".utf8), bucket, "a b")
        }

        func send(_ method: String, _ path: String = "a%20b", _ headers: [HTTPHeader] = []) async throws -> HTTPResponse
        {
            let url = "\(proxy.url)/\(bucket)/\(path)"
            return try await client.send(HTTPRequest(method: method, url: url, headers: headers, timeout: .seconds(30)))
        }
    }

    @Test func `without rules the proxy changes nothing`() async throws {
        let fixture = try await ProxyFixture("proxy-plain")
        let whole = try await fixture.send("GET")
        #expect(whole.body == Array("0123456789".utf8) && whole.head.headers["etag"] != nil)
        let part = try await fixture.send("GET", "a%20b", [HTTPHeader("range", "bytes=2-4")])
        #expect(part.head.status == 206 && part.body == Array("234".utf8))
        #expect(part.head.headers["content-range"] == "bytes 2-4/10")
        let head = try await fixture.send("HEAD")
        #expect(head.head.status == 200 && head.head.headers["content-length"] == "10" && head.body.isEmpty)
        #expect(try await fixture.send("GET", "none").head.status == 404)
        #expect(try await fixture.send("DELETE").head.status == 204)
        #expect(try await fixture.cloud.keys(fixture.bucket).isEmpty)
    }

    @Test func `a rule applies to the requests that it names and to no others`() async throws {
        let fixture = try await ProxyFixture("proxy-rules")
        try await fixture.cloud.put([], fixture.bucket, "other")
        let rule = fixture.proxy.add(.getObject, .slowDown, key: "a b", skipping: 1, times: 1)
        #expect(try await fixture.send("GET").head.status == 200)
        #expect(try await fixture.send("HEAD").head.status == 200)
        #expect(try await fixture.send("GET", "other").head.status == 200)
        let hits = try await fixture.send("GET")
        #expect(hits.head.status == 503 && String(decoding: hits.body, as: UTF8.self).contains("SlowDown"))
        #expect(try await fixture.send("GET").head.status == 200)
        #expect(rule.hits.map(\.key) == ["a b"])
    }

    @Test(arguments: [Fault.reset, .lostAnswer, .cut(after: 3)])
    func `a fault can end the connection`(_ fault: Fault) async throws {
        let fixture = try await ProxyFixture("proxy-ends")
        fixture.proxy.add(.getObject, fault)
        await #expect(throws: HTTPError.self) { try await fixture.send("GET") }
    }

    @Test
    func `a request that the proxy answers never reaches the cloud and a lost answer comes after the work is done`()
        async throws
    {
        let fixture = try await ProxyFixture("proxy-done")
        fixture.proxy.add(.deleteObject, .internalError, times: 1)
        #expect(try await fixture.send("DELETE").head.status == 500)
        #expect(try await fixture.cloud.keys(fixture.bucket).count == 1)
        fixture.proxy.add(.deleteObject, .lostAnswer)
        await #expect(throws: HTTPError.self) { try await fixture.send("DELETE") }
        #expect(try await fixture.cloud.keys(fixture.bucket).isEmpty)
    }

    @Test func `a held request or answer continues when its rule releases it`() async throws {
        let fixture = try await ProxyFixture("proxy-held")
        let arriving = fixture.proxy.add(.deleteObject, .holdsRequest, times: 1)
        async let first = fixture.send("DELETE")
        try await arriving.awaitHits(1)
        #expect(try await fixture.cloud.keys(fixture.bucket).count == 1)
        arriving.release()
        #expect(try await first.head.status == 204)

        try await fixture.cloud.put([], fixture.bucket, "a b")
        let answered = fixture.proxy.add(.deleteObject, .holdsAnswer)
        async let second = fixture.send("DELETE")
        try await answered.awaitHits(1)
        #expect(try await fixture.cloud.keys(fixture.bucket).isEmpty)
        answered.release()
        #expect(try await second.head.status == 204)
    }

    @Test func `a held request never reaches the cloud if its client is gone`() async throws {
        let fixture = try await ProxyFixture("proxy-gone")
        let rule = fixture.proxy.add(.deleteObject, .holdsRequest)
        let request = Task { try await fixture.send("DELETE") }
        try await rule.awaitHits(1)
        request.cancel()
        _ = await request.result
        // The connection is closed on the client's own thread.
        try await within(.seconds(10), "the end of the client's connection") {
            while rule.hits[0].request.isAwaited { try await Task.sleep(for: .milliseconds(5)) }
        }
        rule.release()
        #expect(try await fixture.cloud.keys(fixture.bucket).count == 1)
    }

    @Test func `the proxy can duplicate and reorder messages`() async throws {
        let fixture = try await ProxyFixture("proxy-messages")
        let queue = try await fixture.cloud.createQueue("proxy-messages")
        for text in ["one", "two", "three"] { try await fixture.cloud.send(text, to: queue) }
        fixture.proxy.add(.receiveMessage, .messagesReversed, times: 1)
        fixture.proxy.add(.receiveMessage, .messagesTwice)
        let script = """
            import boto3, sys
            sqs = boto3.client("sqs")
            for _ in range(2):
                got = sqs.receive_message(QueueUrl=sys.argv[1], MaxNumberOfMessages=10, VisibilityTimeout=0)
                print(*[message["Body"] for message in got["Messages"]])
            """
        let exit = try await Program(Project.python, ["-c", script, queue.url], environment: fixture.proxy.environment)
            .exit(within: .seconds(30))
        #expect(exit.standardOutput == "three two one\none two three one two three\n", "\(exit.standardError)")
    }

    static let operations: [(String, String, String, CloudOperation)] = [
        ("GET", "/b/k", "", .getObject), ("GET", "/b/k?tagging", "", .getObjectTagging),
        ("GET", "/b/k?versionId=1", "", .getObject), ("GET", "/b?list-type=2&prefix=x", "", .listObjects),
        ("HEAD", "/b/k", "", .headObject), ("HEAD", "/b", "", .headBucket), ("PUT", "/b/k", "", .putObject),
        ("PUT", "/b/k", "x-amz-copy-source: /b/a%20b?versionId=3\r\n", .copyObject),
        ("PUT", "/b/k?tagging", "", .putObjectTagging), ("PUT", "/b/k?partNumber=1&uploadId=u", "", .uploadPart),
        ("PUT", "/b/k?partNumber=1&uploadId=u", "x-amz-copy-source: b/a%20b\r\n", .uploadPartCopy),
        ("POST", "/b/k?uploads", "", .createMultipartUpload), ("POST", "/b/k?uploadId=u", "", .completeMultipartUpload),
        ("DELETE", "/b/k", "", .deleteObject), ("DELETE", "/b/k?uploadId=u", "", .abortMultipartUpload),
        ("POST", "/", "x-amz-target: AmazonSQS.DeleteMessageBatch\r\n", .deleteMessageBatch),
    ]

    @Test(arguments: operations)
    func `the proxy recognises each operation`(
        method: String, target: String, header: String, operation: CloudOperation
    )
        async throws
    {
        let seen = Promise<CloudCall>()
        let server = try ScriptedServer { request in
            seen.keep(CloudCall(request))
            return .status(200)
        }
        defer { server.stop() }
        let lines = header.split(separator: "\r\n").map { line in
            HTTPHeader(String(line.prefix { $0 != ":" }), line.drop { $0 != ":" }.dropFirst(2).description)
        }
        _ = try await HTTPClient().send(HTTPRequest(method: method, url: server.url + target, headers: lines))
        let call = await seen.value
        #expect(call.operation == operation)
        #expect(call.copySource == (header.contains("copy-source") ? "b/a b" : nil))
    }
}
