internal import AWS
internal import Digest

/// The objects and uploads of a `ScriptedS3`.
struct StoreContents {
    struct Upload {
        let path: String
        let headers: [(String, String)]
        let tags: [Tag]
        /// Whether it was created with the checksum algorithm SHA-256.
        let isHashed: Bool
        var parts: [Int: [UInt8]] = [:]
    }

    var objects: [String: ScriptedS3.Object] = [:]
    var uploads: [String: Upload] = [:]
    private var created = 0

    mutating func beginUpload(
        _ path: String, headers: [(String, String)], tags: [Tag], isHashed: Bool = false
    ) -> String {
        created += 1
        uploads["upload-\(created)"] = Upload(path: path, headers: headers, tags: tags, isHashed: isHashed)
        return "upload-\(created)"
    }
}

/// The name of an operation on multipart uploads, or nil for any other.
func operationOnUploads(_ request: ScriptedRequest) -> String? {
    let isOfOne = item("uploadId", of: request) != nil
    switch request.method {
    case "POST" where item("uploads", of: request) != nil: return "CreateMultipartUpload"
    case "POST" where isOfOne: return "CompleteMultipartUpload"
    case "PUT" where isOfOne: return "UploadPartCopy"
    case "DELETE" where isOfOne: return "AbortMultipartUpload"
    case "GET" where item("uploads", of: request) != nil: return "ListMultipartUploads"
    default: return nil
    }
}

/// Carries out an operation on multipart uploads as S3 would and returns the answer, or nil for any other operation.
func answerOnUploads(
    _ request: ScriptedRequest, _ operation: String, _ path: String, _ store: inout StoreContents
) -> ScriptedAnswer? {
    let id = item("uploadId", of: request) ?? ""
    switch operation {
    case "CreateMultipartUpload":
        let id = store.beginUpload(
            path, headers: properties(of: request), tags: tags(inHeaderOf: request),
            isHashed: request["x-amz-checksum-algorithm"] == "SHA256")
        return .status(200, "<InitiateMultipartUploadResult><UploadId>\(id)</UploadId></InitiateMultipartUploadResult>")
    case "ListMultipartUploads":
        let prefix = path + "/" + (item("prefix", of: request) ?? "")
        let found = store.uploads.filter { $0.value.path.hasPrefix(prefix) }.sorted { $0.key < $1.key }
        let list = found.map { id, upload in
            "<Upload><Key>\(upload.path.dropFirst(path.count + 1))</Key><UploadId>\(id)</UploadId></Upload>"
        }.joined()
        return .status(200, "<ListMultipartUploadsResult>\(list)</ListMultipartUploadsResult>")
    case "UploadPartCopy": return copyPart(request, id, &store)
    case "AbortMultipartUpload":
        return store.uploads.removeValue(forKey: id) == nil ? .s3(404, "NoSuchUpload") : .status(204)
    case "CompleteMultipartUpload": return complete(request, id, path, &store)
    default: return nil
    }
}

private func copyPart(_ request: ScriptedRequest, _ id: String, _ store: inout StoreContents) -> ScriptedAnswer {
    guard let upload = store.uploads[id] else { return .s3(404, "NoSuchUpload") }
    let halves = request["x-amz-copy-source"]!.split(separator: "?versionId=").map { decoded(String($0)) }
    guard let source = store.objects["/" + halves[0]], halves.count == 1 || halves[1] == source.versionID else {
        return .s3(404, "NoSuchKey")
    }
    if let wanted = request["x-amz-copy-source-if-match"], wanted != "\"\(source.etag)\"" {
        return .s3(412, "PreconditionFailed")
    }
    var range = 0..<source.size
    if let text = request["x-amz-copy-source-range"] {
        let ends = text.dropFirst("bytes=".count).split(separator: "-").map { Int64($0)! }
        guard ends[1] < source.size else { return .s3(400, "InvalidArgument") }
        range = ends[0]..<ends[1] + 1
    }
    let bytes = source.content(range)
    store.uploads[id]?.parts[Int(item("partNumber", of: request)!)!] = bytes
    let etag = hexadecimal(SHA256.hash(bytes).prefix(16))
    let checksum = upload.isHashed ? "<ChecksumSHA256>\(base64SHA256(bytes))</ChecksumSHA256>" : ""
    return .status(200, "<CopyPartResult><ETag>&quot;\(etag)&quot;</ETag>\(checksum)</CopyPartResult>")
}

private func complete(
    _ request: ScriptedRequest, _ id: String, _ path: String, _ store: inout StoreContents
) -> ScriptedAnswer {
    guard let upload = store.uploads[id] else { return .s3(404, "NoSuchUpload") }
    let numbers = request.text.components(between: "<PartNumber>", and: "<").compactMap { Int($0) }
    let named = request.text.components(between: "<ETag>&quot;", and: "&quot;")
    let bodies = numbers.map { upload.parts[$0] ?? [] }
    guard numbers == Array(1...numbers.count), bodies.map({ hexadecimal(SHA256.hash($0).prefix(16)) }) == named else {
        return .s3(400, "InvalidPart")
    }
    let checksums = request.text.components(between: "<ChecksumSHA256>", and: "<")
    guard checksums == (upload.isHashed ? bodies.map(base64SHA256) : []) else { return .s3(400, "InvalidRequest") }
    let bytes = Array(bodies.joined())
    guard request["x-amz-mp-object-size"].map({ $0 == "\(bytes.count)" }) ?? true else {
        return .s3(400, "InvalidRequest")
    }
    store.uploads[id] = nil
    var object = ScriptedS3.Object(bytes)
    object.etag += "-\(numbers.count)"
    object.headers = upload.headers
    object.tags = upload.tags
    store.objects[path] = object
    let result =
        "<CompleteMultipartUploadResult><ETag>&quot;\(object.etag)&quot;</ETag></CompleteMultipartUploadResult>"
    return .status(200, result)
}

private func item(_ name: String, of request: ScriptedRequest) -> String? {
    for pair in request.query.split(separator: "&") {
        let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        if halves[0] == name { return halves.count == 2 ? decoded(String(halves[1])) : "" }
    }
    return nil
}
