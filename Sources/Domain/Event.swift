/// One ObjectCreated record of a notification, decoded: the key is already in its real form.
package struct Event: Sendable, Equatable {
    package let object: ObjectVersion
    /// Bytes, as the event tells; S3 leaves it out at times.
    package let size: Int64?
    /// Orders the events of one key: hexadecimal, longer or greater is later (Amazon S3 User Guide, "Event message structure").
    package let sequencer: String?
    package let time: Timestamp?
    /// `ObjectCreated:Put` and the like, without the `s3:` that some forms put before it.
    package let name: String

    package init(object: ObjectVersion, size: Int64?, sequencer: String?, time: Timestamp?, name: String) {
        self.object = object
        self.size = size
        self.sequencer = sequencer
        self.time = time
        self.name = name
    }
}
