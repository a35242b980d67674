package import Domain
internal import Support

/// A message to the queue that a worker receives from.
package struct EventMessage: Sendable, Equatable {
    package let body: String

    /// Creates a body with one record in S3's own format, version 2.1 (Amazon S3 User Guide, "Event message
    /// structure"). `MessageBody` reads the same event from it, which therefore has the same job.
    ///
    /// - Parameter event: one with a version id, an ETag, a sequencer or a request id, as all
    ///   events from messages and listings have.
    package init(_ event: Event) { body = Self.text(of: event) }

    /// Takes an existing body unchanged.
    package init(body: String) { self.body = body }

    private static func text(of event: Event) -> String {
        let object = event.object
        let bytes = JSONWriter.object { json in
            json.objects("Records", CollectionOfOne(event)) { event, json in
                json.field("eventVersion", "2.1")
                json.field("eventSource", "aws:s3")
                json.field("eventTime", event.time?.description)
                json.field("eventName", createdName(event.name))
                let uploader = event.uploader
                if let principal = uploader.principal {
                    json.object("userIdentity") { $0.field("principalId", principal) }
                }
                if let address = uploader.sourceIP {
                    json.object("requestParameters") { $0.field("sourceIPAddress", address) }
                }
                if let request = uploader.requestID {
                    json.object("responseElements") { $0.field("x-amz-request-id", request) }
                }
                json.object("s3") { json in
                    json.field("s3SchemaVersion", "1.0")
                    json.object("bucket") { $0.field("name", object.bucket) }
                    json.object("object") { json in
                        json.field("key", encodedKey(object.key.text))
                        json.field("size", event.size)
                        json.field("eTag", object.etag.map(quotedAgain))
                        json.field("versionId", object.versionID)
                        json.field("sequencer", event.sequencer)
                    }
                }
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// A record of another event than ObjectCreated would be acknowledged without work.
    private static func createdName(_ name: String) -> String {
        isObjectCreated(name) ? name : "ObjectCreated:\(name)"
    }

    /// Readers remove one pair of quotation marks: an ETag that contains its own needs a second pair.
    private static func quotedAgain(_ etag: String) -> String {
        etag.hasPrefix("\"") && etag.hasSuffix("\"") ? "\"\(etag)\"" : etag
    }
}

/// Encodes a key as S3 does in its events: `application/x-www-form-urlencoded`, a space as `+`. The inverse of
/// `decodedKey`.
func encodedKey(_ key: String) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(key.utf8.count * 3)
    for byte in key.utf8 {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "/"):
            bytes.append(byte)
        case UInt8(ascii: " "): bytes.append(UInt8(ascii: "+"))
        default:
            bytes += [UInt8(ascii: "%"), hexadecimalDigit(byte >> 4), hexadecimalDigit(byte & 15)]
        }
    }
    return String(decoding: bytes, as: UTF8.self)
}
