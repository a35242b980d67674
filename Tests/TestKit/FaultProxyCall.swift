internal import Foundation

/// The operations of S3 and SQS that Lazaret and its tests use, by their API names.
package enum CloudOperation: String, Sendable, CaseIterable {
    case getObject = "GetObject"
    case headObject = "HeadObject"
    case putObject = "PutObject"
    case copyObject = "CopyObject"
    case deleteObject = "DeleteObject"
    case getObjectTagging = "GetObjectTagging"
    case putObjectTagging = "PutObjectTagging"
    case createMultipartUpload = "CreateMultipartUpload"
    case uploadPart = "UploadPart"
    case uploadPartCopy = "UploadPartCopy"
    case completeMultipartUpload = "CompleteMultipartUpload"
    case abortMultipartUpload = "AbortMultipartUpload"
    case listObjects = "ListObjectsV2"
    case headBucket = "HeadBucket"
    case getQueueAttributes = "GetQueueAttributes"
    case receiveMessage = "ReceiveMessage"
    case sendMessage = "SendMessage"
    case sendMessageBatch = "SendMessageBatch"
    case deleteMessage = "DeleteMessage"
    case deleteMessageBatch = "DeleteMessageBatch"
    case changeMessageVisibility = "ChangeMessageVisibility"
    case changeMessageVisibilityBatch = "ChangeMessageVisibilityBatch"
    /// Anything else.
    case other = ""
}

/// A request to S3 (path-style) or SQS (JSON protocol), parsed.
package struct CloudCall: Sendable {
    package let operation: CloudOperation
    /// The bucket of a request to S3.
    package let bucket: String?
    /// The object's key, decoded.
    package let key: String?
    /// The source of a copy as `bucket/key`, decoded.
    package let copySource: String?
    package let request: ScriptedRequest

    package init(_ request: ScriptedRequest) {
        self.request = request
        if let target = request["x-amz-target"] {
            let name = target.split(separator: ".").last.map(String.init) ?? ""
            operation = CloudOperation(rawValue: name) ?? .other
            (bucket, key, copySource) = (nil, nil, nil)
            return
        }
        let path = request.path.drop { $0 == "/" }
        let name = path.prefix { $0 != "/" }
        let rest = path.dropFirst(name.count + 1)
        bucket = name.isEmpty ? nil : decoded(name)
        key = rest.isEmpty ? nil : decoded(rest)
        copySource = request["x-amz-copy-source"].map { source in
            decoded(source.prefix { $0 != "?" }.drop { $0 == "/" })
        }
        operation =
            key == nil
            ? Self.bucketOperation(request) : Self.objectOperation(request, isCopy: copySource != nil)
    }

    /// Whether the request's object or copy source has this key.
    package func concerns(_ key: String) -> Bool {
        self.key == key || copySource?.hasSuffix("/" + key) == true
    }

    /// The receipt handles in a request to SQS.
    package var receipts: [String] {
        guard let fields = try? JSONSerialization.jsonObject(with: Data(request.body)) as? [String: Any] else {
            return []
        }
        let entries = fields["Entries"] as? [[String: Any]] ?? [fields]
        return entries.compactMap { $0["ReceiptHandle"] as? String }
    }

    private static func bucketOperation(_ request: ScriptedRequest) -> CloudOperation {
        switch request.method {
        case "HEAD": .headBucket
        case "GET" where request.asks("list-type"): .listObjects
        default: .other
        }
    }

    private static func objectOperation(_ request: ScriptedRequest, isCopy: Bool) -> CloudOperation {
        let (isTagging, isOfUpload) = (request.asks("tagging"), request.asks("uploadId"))
        return switch request.method {
        case "GET": isTagging ? .getObjectTagging : isOfUpload ? .other : .getObject
        case "HEAD": .headObject
        case "PUT" where isTagging: .putObjectTagging
        case "PUT" where isOfUpload: isCopy ? .uploadPartCopy : .uploadPart
        case "PUT": isCopy ? .copyObject : .putObject
        case "POST" where request.asks("uploads"): .createMultipartUpload
        case "POST" where isOfUpload: .completeMultipartUpload
        case "DELETE" where isOfUpload: .abortMultipartUpload
        case "DELETE" where !isTagging: .deleteObject
        default: .other
        }
    }
}

extension ScriptedRequest {
    /// Whether the query has a parameter of this name.
    fileprivate func asks(_ name: String) -> Bool {
        query.split(separator: "&").contains { $0.prefix { $0 != "=" } == name }
    }
}

private func decoded(_ text: some StringProtocol) -> String { text.removingPercentEncoding ?? String(text) }
