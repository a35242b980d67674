import HTTP
import TestKit
import Testing

/// The proxy between worker and cloud, by which other tests make things go wrong.
@Suite(.timeLimit(.minutes(1))) struct FaultProxyTests {
    private struct Bench {
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

    @Test func `without rules all passes as it is`() async throws {
        let bench = try await Bench("proxy-plain")
        let whole = try await bench.send("GET")
        #expect(whole.body == Array("0123456789".utf8) && whole.head.headers["etag"] != nil)
        let part = try await bench.send("GET", "a%20b", [HTTPHeader("range", "bytes=2-4")])
        #expect(part.head.status == 206 && part.body == Array("234".utf8))
        #expect(part.head.headers["content-range"] == "bytes 2-4/10")
        let head = try await bench.send("HEAD")
        #expect(head.head.status == 200 && head.head.headers["content-length"] == "10" && head.body.isEmpty)
        #expect(try await bench.send("GET", "none").head.status == 404)
        #expect(try await bench.send("DELETE").head.status == 204)
        #expect(try await bench.cloud.keys(bench.bucket).isEmpty)
    }

    @Test func `a rule strikes the requests that it names and no others`() async throws {
        let bench = try await Bench("proxy-rules")
        try await bench.cloud.put([], bench.bucket, "other")
        let rule = bench.proxy.add(.getObject, .slowDown, key: "a b", skipping: 1, times: 1)
        #expect(try await bench.send("GET").head.status == 200)
        #expect(try await bench.send("HEAD").head.status == 200)
        #expect(try await bench.send("GET", "other").head.status == 200)
        let struck = try await bench.send("GET")
        #expect(struck.head.status == 503 && String(decoding: struck.body, as: UTF8.self).contains("SlowDown"))
        #expect(try await bench.send("GET").head.status == 200)
        #expect(rule.struck.map(\.key) == ["a b"])
    }

    @Test(arguments: [Fault.reset, .lostAnswer, .cut(after: 3)])
    func `a connection ends where the test says so`(_ fault: Fault) async throws {
        let bench = try await Bench("proxy-ends")
        bench.proxy.add(.getObject, fault)
        await #expect(throws: HTTPError.self) { try await bench.send("GET") }
    }

    @Test func `what is answered by the proxy never reaches the cloud and a lost answer is of work done`() async throws
    {
        let bench = try await Bench("proxy-done")
        bench.proxy.add(.deleteObject, .internalError, times: 1)
        #expect(try await bench.send("DELETE").head.status == 500)
        #expect(try await bench.cloud.keys(bench.bucket).count == 1)
        bench.proxy.add(.deleteObject, .lostAnswer)
        await #expect(throws: HTTPError.self) { try await bench.send("DELETE") }
        #expect(try await bench.cloud.keys(bench.bucket).isEmpty)
    }

    @Test func `what is held goes on when its rule lets go`() async throws {
        let bench = try await Bench("proxy-held")
        let arriving = bench.proxy.add(.deleteObject, .holdsRequest, times: 1)
        async let first = bench.send("DELETE")
        try await arriving.struck(1)
        #expect(try await bench.cloud.keys(bench.bucket).count == 1)
        arriving.letGo()
        #expect(try await first.head.status == 204)

        try await bench.cloud.put([], bench.bucket, "a b")
        let answered = bench.proxy.add(.deleteObject, .holdsAnswer)
        async let second = bench.send("DELETE")
        try await answered.struck(1)
        #expect(try await bench.cloud.keys(bench.bucket).isEmpty)
        answered.letGo()
        #expect(try await second.head.status == 204)
    }

    @Test func `a held request of a client that is gone never reaches the cloud`() async throws {
        let bench = try await Bench("proxy-gone")
        let rule = bench.proxy.add(.deleteObject, .holdsRequest)
        let request = Task { try await bench.send("DELETE") }
        try await rule.struck(1)
        request.cancel()
        _ = await request.result
        // The connection is closed on the client's own thread.
        try await within(.seconds(10), "the client's end") {
            while rule.struck[0].request.isAwaited { try await Task.sleep(for: .milliseconds(5)) }
        }
        rule.letGo()
        #expect(try await bench.cloud.keys(bench.bucket).count == 1)
    }

    @Test func `messages come twice and in another order`() async throws {
        let bench = try await Bench("proxy-messages")
        let queue = try await bench.cloud.createQueue("proxy-messages")
        for text in ["one", "two", "three"] { try await bench.cloud.send(text, to: queue) }
        bench.proxy.add(.receiveMessage, .messagesReversed, times: 1)
        bench.proxy.add(.receiveMessage, .messagesTwice)
        let script = """
            import boto3, sys
            sqs = boto3.client("sqs")
            for _ in range(2):
                got = sqs.receive_message(QueueUrl=sys.argv[1], MaxNumberOfMessages=10, VisibilityTimeout=0)
                print(*[message["Body"] for message in got["Messages"]])
            """
        let exit = try await Program(Project.python, ["-c", script, queue.url], environment: bench.proxy.environment)
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
    func `a request is called by what it asks`(
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
