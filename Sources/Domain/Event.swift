/// One ObjectCreated record of a notification, with its key decoded.
package struct Event: Sendable, Equatable {
    package let object: ObjectVersion
    /// Bytes, as the event reports it; S3 sometimes omits it.
    package let size: Int64?
    /// Orders the events of one key: hexadecimal, and the longer or greater one is later (Amazon S3 User Guide, "Event
    /// message structure").
    package let sequencer: String?
    package let time: Timestamp?
    /// `ObjectCreated:Put` and the like, without the `s3:` prefix that some message formats add.
    package let name: String
    package let uploader: Uploader

    package init(
        object: ObjectVersion, size: Int64?, sequencer: String?, time: Timestamp?, name: String,
        uploader: Uploader = Uploader()
    ) {
        self.object = object
        self.size = size
        self.sequencer = sequencer
        self.time = time
        self.name = name
        self.uploader = uploader
    }
}

/// What an event says about who uploaded the object. Nothing is decided by it.
package struct Uploader: Sendable, Equatable {
    /// The longest text that is kept, in bytes; what is longer is left out.
    package static let longest = 1024

    /// Such as `AWS:AIDAEXAMPLE`.
    package let principal: String?
    package let sourceIP: String?
    /// S3's id of the request that made the object.
    package let requestID: String?

    package init(principal: String? = nil, sourceIP: String? = nil, requestID: String? = nil) {
        func bounded(_ text: String?) -> String? {
            text.flatMap { (1...Self.longest).contains($0.utf8.count) ? $0 : nil }
        }
        self.principal = bounded(principal)
        self.sourceIP = bounded(sourceIP)
        self.requestID = bounded(requestID)
    }
}
