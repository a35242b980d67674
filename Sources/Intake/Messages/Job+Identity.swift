internal import Digest
package import Domain

extension Job {
    /// The job of an event. Its identity is the same whichever message, shape or delivery brought the event.
    package init(of event: Event) { self.init(id: JobID(of: event), event: event) }
}

extension JobID {
    /// The first 16 bytes of a SHA-256 over what names the object's state: bucket, key and version id; without a version
    /// id bucket, key, ETag and sequencer. Each field goes in behind its length (4 bytes, big-endian), so that no two
    /// lists of fields are the same bytes; the word before them tells the two kinds of identity apart.
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
        } else {
            for field in ["etag", object.bucket, object.key.text, object.etag ?? "", event.sequencer ?? ""] {
                append(field)
            }
        }
        guard let id = JobID(hexadecimal(SHA256.hash(bytes).prefix(16))) else {
            preconditionFailure("16 bytes are 32 hexadecimal digits")
        }
        self = id
    }
}
