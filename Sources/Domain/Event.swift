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

    package init(object: ObjectVersion, size: Int64?, sequencer: String?, time: Timestamp?, name: String) {
        self.object = object
        self.size = size
        self.sequencer = sequencer
        self.time = time
        self.name = name
    }
}
