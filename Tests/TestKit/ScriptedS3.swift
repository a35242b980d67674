package import AWS
internal import Digest
internal import Foundation
package import HTTP
internal import Support

/// A fake S3 over a `ScriptedServer`, with objects, conditions, versions and copies. A test can replace any answer and
/// count the requests.
package final class ScriptedS3: Sendable {
    package struct Object: Sendable {
        package var size: Int64
        package var content: @Sendable (Range<Int64>) -> [UInt8]
        package var etag: String
        package var versionID: String?
        /// Response headers, such as `Content-Type`.
        package var headers: [(String, String)] = []
        package var tags: [Tag] = []
        package var isDeleteMarker = false
        /// Whether S3 stores the SHA-256 of the bytes.
        package var keepsSHA256 = false

        package init(_ bytes: [UInt8], etag: String? = nil, versionID: String? = nil) {
            size = Int64(bytes.count)
            content = { range in Array(bytes[Int(range.lowerBound)..<Int(range.upperBound)]) }
            self.etag = etag ?? hexadecimal(SHA256.hash(bytes).prefix(16))
            self.versionID = versionID
        }

        /// An object whose bytes are generated while they are sent.
        package init(size: Int64, etag: String, content: @escaping @Sendable (Range<Int64>) -> [UInt8]) {
            self.size = size
            self.etag = etag
            self.content = content
        }

        package var bytes: [UInt8] { content(0..<size) }
        /// In base64, as in S3's answers.
        package var sha256: String { base64SHA256(bytes) }

        package func header(_ name: String) -> String? {
            headers.first { $0.0.lowercased() == name.lowercased() }?.1
        }
    }

    /// One request, as the script of a test gets it.
    package struct Call: Sendable {
        package let operation: String
        package let request: ScriptedRequest
        /// The range of a GET.
        package let range: Range<Int64>?
        /// How often this request was sent, including this time.
        package let attempt: Int
        /// Handles the request as S3 would, with its effects, and returns the answer.
        package let right: @Sendable () -> ScriptedAnswer
    }

    private struct State {
        var retries = 0
        var store = StoreContents()
        var calls: [(operation: String, range: Range<Int64>?, request: ScriptedRequest)] = []
    }

    private final class Shared: Sendable {
        let state = Locked(State())
    }

    package let server: ScriptedServer
    private let shared: Shared

    /// - Parameter script: returns the answer to a request, or nil to answer as S3 would.
    package init(_ script: @escaping @Sendable (Call) -> ScriptedAnswer? = { _ in nil }) throws {
        let shared = Shared()
        self.shared = shared
        server = try ScriptedServer { request in
            let (operation, range) = (operation(of: request), range(of: request))
            let attempt = shared.state.withLock { state in
                state.calls.append((operation, range, request))
                return state.calls.count {
                    $0.operation == operation && $0.range == range && $0.request.target == request.target
                }
            }
            let right: @Sendable () -> ScriptedAnswer = {
                shared.state.withLock { state in answer(request, operation, range, &state.store) }
            }
            let call = Call(operation: operation, request: request, range: range, attempt: attempt, right: right)
            return script(call) ?? right()
        }
    }

    deinit { server.stop() }

    package subscript(bucket: String, key: String) -> Object? {
        get { shared.state.withLock { $0.store.objects["/\(bucket)/\(key)"] } }
        set { shared.state.withLock { $0.store.objects["/\(bucket)/\(key)"] = newValue } }
    }

    /// The `bucket/key` of every object, sorted.
    package var names: [String] {
        shared.state.withLock { $0.store.objects.keys.map { String($0.dropFirst()) }.sorted() }
    }

    /// The `bucket/key` of each upload that was created and neither completed nor aborted.
    package var openUploads: [String] {
        shared.state.withLock { $0.store.uploads.values.map { String($0.path.dropFirst()) } }
    }

    /// Creates an upload as another client.
    @discardableResult package func beginUpload(_ bucket: String, _ key: String) -> String {
        shared.state.withLock { $0.store.beginUpload("/\(bucket)/\(key)", headers: [], tags: []) }
    }

    /// The requested operations, in order.
    package var operations: [String] { shared.state.withLock { $0.calls.map(\.operation) } }

    package func requests(_ operation: String) -> [ScriptedRequest] {
        shared.state.withLock { $0.calls.filter { $0.operation == operation }.map(\.request) }
    }

    /// How often each range was requested.
    package var rangeCounts: [Range<Int64>: Int] {
        shared.state.withLock { state in
            state.calls.reduce(into: [:]) { counts, call in
                if let range = call.range { counts[range, default: 0] += 1 }
            }
        }
    }

    /// How often its clients waited before a retry. Requests that libcurl repeats are not counted.
    package var retries: Int { shared.state.withLock { $0.retries } }

    /// Returns the real client for this endpoint, with a clock on which waits before retries take no time.
    package func client(
        readFloor: ThroughputFloor = ThroughputFloor(bytesPerSecond: 4096, over: .seconds(20))
    ) throws -> S3Client {
        let environment = ["AWS_REGION": "eu-central-1", "AWS_ENDPOINT_URL": server.url]
        let client = AWSClient(
            settings: try AWSSettings(environment: environment, read: { _ in nil }),
            credentials: StaticCredentialProvider(Credentials(accessKeyID: "AKID", secretAccessKey: Secret("secret"))),
            http: try HTTPClient(),
            clocks: Clocks(
                monotonic: MonotonicClock(
                    SleeplessClock(onSleep: { [shared] in shared.state.withLock { $0.retries += 1 } })),
                wall: { .now() }))
        return S3Client(client: client, readFloor: readFloor)
    }
}

extension ScriptedAnswer {
    /// An error response of S3.
    package static func s3(_ status: Int, _ code: String, _ message: String = "as scripted") -> ScriptedAnswer {
        .status(
            status, "<Error><Code>\(code)</Code><Message>\(message)</Message><RequestId>R1</RequestId></Error>",
            headers: [("Content-Type", "application/xml")])
    }

    /// Returns the answer with a header replaced, or removed if `value` is nil.
    package func with(_ name: String, _ value: String?) -> ScriptedAnswer {
        var changed = self
        changed.headers.removeAll { $0.0.lowercased() == name.lowercased() }
        if let value { changed.headers.append((name, value)) }
        return changed
    }
}

private func operation(of request: ScriptedRequest) -> String {
    let isTagging = request.query.hasPrefix("tagging")
    if let operation = operationOnUploads(request) { return operation }
    switch request.method {
    case "GET": return isTagging ? "GetObjectTagging" : "GetObject"
    case "HEAD": return "HeadObject"
    case "PUT" where isTagging: return "PutObjectTagging"
    case "PUT": return request["x-amz-copy-source"] == nil ? "PutObject" : "CopyObject"
    case let method: return method == "DELETE" ? "DeleteObject" : method
    }
}

private func range(of request: ScriptedRequest) -> Range<Int64>? {
    guard let text = request["range"], text.hasPrefix("bytes=") else { return nil }
    let ends = text.dropFirst(6).split(separator: "-").compactMap { Int64($0) }
    return ends.count == 2 ? ends[0]..<ends[1] + 1 : nil
}

private func answer(
    _ request: ScriptedRequest, _ operation: String, _ range: Range<Int64>?,
    _ store: inout StoreContents
) -> ScriptedAnswer {
    let path = decoded(request.path)
    let version = request.query.split(separator: "&").first { $0.hasPrefix("versionId=") }
        .map { decoded(String($0.dropFirst("versionId=".count))) }
    if let answer = answerOnUploads(request, operation, path, &store) { return answer }
    if operation == "CopyObject" { return copy(request, to: path, &store.objects) }
    guard let object = store.objects[path], version == nil || version == object.versionID else {
        if operation == "DeleteObject", request["if-match"] == nil { return .status(204) }
        let code = version == nil ? "NoSuchKey" : "NoSuchVersion"
        return operation == "HeadObject" ? .status(404) : .s3(404, code)
    }
    if object.isDeleteMarker { return .s3(405, "MethodNotAllowed").with("x-amz-delete-marker", "true") }
    if let wanted = request["if-match"], wanted != "\"\(object.etag)\"" {
        return operation == "HeadObject" ? .status(412) : .s3(412, "PreconditionFailed")
    }
    switch operation {
    case "GetObject", "HeadObject":
        return read(
            object, range, isHead: operation == "HeadObject", wantsSHA256: request["x-amz-checksum-mode"] == "ENABLED")
    case "GetObjectTagging":
        let tags = object.tags.map { "<Tag><Key>\($0.key)</Key><Value>\($0.value)</Value></Tag>" }.joined()
        return .status(200, "<Tagging><TagSet>\(tags)</TagSet></Tagging>")
    case "PutObjectTagging":
        store.objects[path]?.tags = tags(in: request.text)
        return .status(200)
    case "DeleteObject":
        store.objects[path] = nil
        return .status(204)
    default: return .s3(501, "NotImplemented")
    }
}

private func read(
    _ object: ScriptedS3.Object, _ range: Range<Int64>?, isHead: Bool, wantsSHA256: Bool
) -> ScriptedAnswer {
    var headers = object.headers + [("ETag", "\"\(object.etag)\"")]
    if let version = object.versionID { headers.append(("x-amz-version-id", version)) }
    if isHead, wantsSHA256, object.keepsSHA256 {
        headers += [("x-amz-checksum-sha256", object.sha256), ("x-amz-checksum-type", "FULL_OBJECT")]
    }
    if isHead { return ScriptedAnswer(headers: headers + [("Content-Length", "\(object.size)")]) }
    if !object.tags.isEmpty { headers.append(("x-amz-tagging-count", "\(object.tags.count)")) }
    guard let range else { return ScriptedAnswer(headers: headers, body: object.bytes) }
    guard range.lowerBound < object.size else { return .s3(416, "InvalidRange") }
    let sent = range.clamped(to: 0..<object.size)
    headers.append(("Content-Range", "bytes \(sent.lowerBound)-\(sent.upperBound - 1)/\(object.size)"))
    var answer = ScriptedAnswer(status: 206, headers: headers)
    if sent.count <= 1 << 20 {
        answer.body = object.content(sent)
    } else {
        answer.generated = .init(length: Int64(sent.count)) { piece in
            object.content(sent.lowerBound + piece.lowerBound..<sent.lowerBound + piece.upperBound)
        }
    }
    return answer
}

func base64SHA256(_ bytes: [UInt8]) -> String { Data(SHA256.hash(bytes)).base64EncodedString() }

/// The properties of the object that a request writes.
func properties(of request: ScriptedRequest) -> [(String, String)] {
    request.headers.filter {
        ["content-type", "content-disposition", "cache-control"].contains($0.name) || $0.name.hasPrefix("x-amz-meta-")
    }.map { ($0.name, $0.value) }
}

private func copy(
    _ request: ScriptedRequest, to target: String, _ objects: inout [String: ScriptedS3.Object]
) -> ScriptedAnswer {
    let halves = request["x-amz-copy-source"]!.split(separator: "?versionId=").map { decoded(String($0)) }
    guard let source = objects["/" + halves[0]], halves.count == 1 || halves[1] == source.versionID else {
        return .s3(404, "NoSuchKey")
    }
    if let wanted = request["x-amz-copy-source-if-match"], wanted != "\"\(source.etag)\"" {
        return .s3(412, "PreconditionFailed")
    }
    var copied = source
    if request["x-amz-metadata-directive"] == "REPLACE" {
        copied.headers = properties(of: request)
    }
    if request["x-amz-tagging-directive"] == "REPLACE" {
        copied.tags = tags(inHeaderOf: request)
    }
    copied.versionID = source.versionID.map { "copy-of-" + $0 }
    let wantsSHA256 = request["x-amz-checksum-algorithm"] == "SHA256"
    if wantsSHA256 { copied.keepsSHA256 = true }
    objects[target] = copied
    var answer = ScriptedAnswer.copied(etag: copied.etag, sha256: wantsSHA256 ? copied.sha256 : nil)
    if let version = source.versionID { answer.headers.append(("x-amz-copy-source-version-id", version)) }
    if let version = copied.versionID { answer.headers.append(("x-amz-version-id", version)) }
    return answer
}

extension ScriptedAnswer {
    /// The success response to a copy.
    ///
    /// - Parameter sha256: the checksum in base64.
    package static func copied(etag: String, sha256: String? = nil) -> ScriptedAnswer {
        let checksum = sha256.map { "<ChecksumSHA256>\($0)</ChecksumSHA256><ChecksumType>FULL_OBJECT</ChecksumType>" }
        return .status(
            200, "<CopyObjectResult><ETag>&quot;\(etag)&quot;</ETag>\(checksum ?? "")</CopyObjectResult>")
    }
}

/// The tags in `x-amz-tagging`.
func tags(inHeaderOf request: ScriptedRequest) -> [Tag] {
    (request["x-amz-tagging"] ?? "").split(separator: "&").map { pair in
        let halves = pair.split(separator: "=", omittingEmptySubsequences: false).map { decoded(String($0)) }
        return Tag(key: halves[0], value: halves[1])
    }
}

private func tags(in xml: String) -> [Tag] {
    xml.components(between: "<Tag>", and: "</Tag>").map { tag in
        Tag(
            key: tag.components(between: "<Key>", and: "</Key>").first ?? "",
            value: tag.components(between: "<Value>", and: "</Value>").first ?? "")
    }
}

extension String {
    func components(between start: String, and end: String) -> [String] {
        split(separator: start, omittingEmptySubsequences: false).dropFirst().map { piece in
            String(piece.split(separator: end, omittingEmptySubsequences: false).first ?? "")
        }
    }
}

/// Returns the percent-decoded text.
func decoded(_ text: String) -> String {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
        if byte == UInt8(ascii: "%"), rest.count >= 2,
            let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
        {
            bytes.append(value)
            rest = rest.dropFirst(2)
        } else {
            bytes.append(byte)
        }
    }
    return String(decoding: bytes, as: UTF8.self)
}
