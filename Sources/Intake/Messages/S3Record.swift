import Domain

/// One element of `Records`: an event in S3's own format, versions 2.x (Amazon S3 User Guide, "Event message
/// structure").
struct S3Record: Decodable {
    let eventVersion: String?
    let eventSource: String?
    let eventName: String?
    let eventTime: String?
    let userIdentity: Identity?
    let requestParameters: Parameters?
    let responseElements: Answer?
    let s3: Entity?

    struct Identity: Decodable {
        let principalId: String?
    }

    struct Parameters: Decodable {
        let sourceIPAddress: String?
    }

    struct Answer: Decodable {
        let requestID: String?

        private enum CodingKeys: String, CodingKey {
            case requestID = "x-amz-request-id"
        }
    }

    struct Entity: Decodable {
        let bucket: Bucket?
        let object: Object?
    }

    struct Bucket: Decodable {
        let name: String?
    }

    struct Object: Decodable {
        let key: String?
        let size: Size?
        let eTag: String?
        let versionId: String?
        let sequencer: String?
    }

    func read() throws(Unreadable) -> MessageBody.Record {
        guard let eventVersion else { throw Unreadable("a record without eventVersion") }
        guard eventVersion == "2" || eventVersion.utf8.starts(with: "2.".utf8) else {
            throw Unreadable("event version \(eventVersion); only 2.x is supported")
        }
        // `aws:s3`; S3-compatible stores put their own name before the colon.
        if let eventSource, !eventSource.hasSuffix(":s3") { throw Unreadable("an event of \(eventSource), not of S3") }
        guard let eventName else { throw Unreadable("a record without eventName") }
        let name = eventName.hasPrefix("s3:") ? String(eventName.dropFirst(3)) : eventName
        guard isObjectCreated(name) else {
            guard UninterestingEvents.hasS3(name) else { throw Unreadable("an event that is not known: \(name)") }
            return .ignored(name: name.cut(toBytes: 128))
        }
        guard let encoded = s3?.object?.key else { throw Unreadable("an ObjectCreated record without a key") }
        guard let key = decodedKey(encoded) else { throw Unreadable("a key that is not URL-encoded UTF-8: \(encoded)") }
        let object = s3?.object
        return .created(
            try Event(
                bucket: s3?.bucket?.name, key: key, versionID: object?.versionId, etag: object?.eTag,
                sequencer: object?.sequencer, size: object?.size, time: eventTime, name: name,
                uploader: Uploader(
                    principal: userIdentity?.principalId, sourceIP: requestParameters?.sourceIPAddress,
                    requestID: responseElements?.requestID)))
    }
}

/// Whether this is the name of an event of a created object, such as `ObjectCreated:Put`. The bare word is the name
/// given to an EventBridge event of unknown reason.
func isObjectCreated(_ name: String) -> Bool {
    name == "ObjectCreated" || name.utf8.starts(with: "ObjectCreated:".utf8)
}

/// The `detail` of an `Object Created` event (Amazon S3 User Guide, "EventBridge event message structure"). Its key
/// is not encoded: a `+` or `%` is part of it.
struct EventBridgeDetail: Decodable {
    let version: String?
    let bucket: S3Record.Bucket?
    let object: Object?
    let reason: String?
    let requester: String?
    let sourceIP: String?
    let requestID: String?

    struct Object: Decodable {
        let key: String?
        let size: Size?
        let etag: String?
        let versionID: String?
        let sequencer: String?

        private enum CodingKeys: String, CodingKey {
            case key, size, etag, sequencer
            case versionID = "version-id"
        }
    }

    private enum CodingKeys: String, CodingKey {
        case version = "event-version"
        case bucket, object, reason, requester
        case sourceIP = "source-ip-address"
        case requestID = "request-id"
    }

    /// - Parameter time: the `time` of the enclosing event.
    func read(time: String?) throws(Unreadable) -> MessageBody.Record {
        // The first versions of these events had no such field.
        if let version, version != "1", !version.utf8.starts(with: "1.".utf8) {
            throw Unreadable("event-version \(version) of an EventBridge event; only 1.x is supported")
        }
        guard let key = object?.key else { throw Unreadable("an Object Created event without a key") }
        return .created(
            try Event(
                bucket: bucket?.name, key: key, versionID: object?.versionID, etag: object?.etag,
                sequencer: object?.sequencer, size: object?.size, time: time, name: name,
                uploader: Uploader(principal: requester, sourceIP: sourceIP, requestID: requestID)))
    }

    /// The name of the same event in S3's own format.
    private var name: String {
        switch reason {
        case "PutObject": "ObjectCreated:Put"
        case "POST Object": "ObjectCreated:Post"
        case "CopyObject": "ObjectCreated:Copy"
        case "CompleteMultipartUpload": "ObjectCreated:CompleteMultipartUpload"
        default: "ObjectCreated"
        }
    }
}

/// A number of bytes, written as a number (as by S3) or as text.
struct Size: Decodable {
    let bytes: Int64

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let number = try? container.decode(Int64.self), number >= 0 {
            bytes = number
            return
        }
        guard let text = try? container.decode(String.self), let number = Int64(text), number >= 0 else {
            throw DecodingError.typeMismatch(
                Int64.self, .init(codingPath: decoder.codingPath, debugDescription: "not a number of bytes"))
        }
        bytes = number
    }
}

extension Event {
    /// The bounds of the texts of a message, in bytes. Bucket names had up to 255 (Amazon S3 User Guide, "Bucket naming
    /// rules"); the others are far above what S3 sends.
    private enum Longest {
        static let (bucket, etag, versionID, sequencer) = (255, 1024, 1024, 64)
    }

    init(
        bucket: String?, key: String, versionID: String?, etag: String? = nil, sequencer: String? = nil,
        size: Size? = nil, time: String?, name: String, uploader: Uploader
    ) throws(Unreadable) {
        guard let bucket, !bucket.isEmpty else { throw Unreadable("a record without a bucket name") }
        guard let key = ObjectKey(key) else { throw Unreadable("a key that is empty or longer than 1024 bytes") }
        let sequencer = sequencer == "" ? nil : sequencer
        for (text, field, limit) in [
            (bucket, "bucket name", Longest.bucket), (etag, "ETag", Longest.etag),
            (versionID, "version id", Longest.versionID), (sequencer, "sequencer", Longest.sequencer),
        ] where text?.utf8.count ?? 0 > limit {
            throw Unreadable("a \(field) longer than \(limit) bytes")
        }
        if let sequencer, !sequencer.utf8.allSatisfy({ hexadecimalValue($0) != nil }) {
            throw Unreadable("a sequencer that is not hexadecimal: \(sequencer)")
        }
        let object = ObjectVersion(
            bucket: bucket, key: key, versionID: versionID, etag: etag.map { String($0.trimmingQuotationMarks) })
        // Without any of them, every later upload of this key would have the same job.
        guard object.versionID != nil || object.etag != nil || sequencer != nil || uploader.requestID != nil else {
            throw Unreadable("a record with neither version id nor ETag nor sequencer nor request id")
        }
        self.init(
            object: object, size: size?.bytes, sequencer: sequencer, time: time.flatMap(Timestamp.init(iso8601:)),
            name: name.cut(toBytes: 128), uploader: uploader)
    }
}

extension String {
    fileprivate var trimmingQuotationMarks: Substring {
        count >= 2 && hasPrefix("\"") && hasSuffix("\"") ? dropFirst().dropLast() : self[...]
    }
}
