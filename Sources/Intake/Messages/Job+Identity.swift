internal import Digest
package import Domain

extension Job {
    /// The job of an event. Its identity does not depend on the message, the body's format or the delivery.
    package init(of event: Event) { self.init(id: JobID(of: event), event: event) }
}

extension JobID {
    /// The first 16 bytes of a SHA-256 over the identity of the object version: bucket, key and version id; without a
    /// version id bucket, key, ETag and sequencer; without any of these bucket, key and the id of the request that made
    /// it. Each field is preceded by its length (4 bytes, big-endian), so that different lists of fields never hash the
    /// same bytes. The first field, `version`, `etag` or `request`, separates the kinds of identity.
    package init(of event: Event) {
        let object = event.object
        var bytes: [UInt8] = []
        bytes.reserveCapacity(256)
        func append(_ field: String) {
            let text = field.utf8
            for shift in [24, 16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: text.count >> shift)) }
            bytes.append(contentsOf: text)
        }
        if let versionID = object.versionID {
            for field in ["version", object.bucket, object.key.text, versionID] { append(field) }
        } else if object.etag != nil || event.sequencer != nil {
            for field in ["etag", object.bucket, object.key.text, object.etag ?? "", event.sequencer ?? ""] {
                append(field)
            }
        } else {
            for field in ["request", object.bucket, object.key.text, event.uploader.requestID ?? ""] { append(field) }
        }
        guard let id = JobID(hexadecimal(SHA256.hash(bytes).prefix(16))) else {
            preconditionFailure("16 bytes are 32 hexadecimal digits")
        }
        self = id
    }
}
