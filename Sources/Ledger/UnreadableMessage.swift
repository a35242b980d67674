package import Domain

/// A message whose body can't be read as an event notification.
package struct UnreadableMessage: Sendable, Equatable {
    /// The most bytes of a body that are stored.
    package static let maxBodyBytes = 4096

    package let messageID: String
    package let reason: String
    /// At most 4 KiB, cut between two characters.
    package let body: String
    /// How often SQS has delivered the message (`ApproximateReceiveCount`).
    package let receiveCount: Int

    /// - Parameter body: the whole body; it is truncated here.
    package init(messageID: String, reason: String, body: String, receiveCount: Int) {
        self.messageID = messageID
        self.reason = reason
        self.body = truncated(body, toBytes: Self.maxBodyBytes)
        self.receiveCount = receiveCount
    }
}

/// An unreadable message in the ledger, with its latest reason and its greatest receive count.
package struct UnreadableMessageRecord: Sendable, Equatable {
    package let message: UnreadableMessage
    package let firstSeenAt: Timestamp
    package let lastSeenAt: Timestamp

    package init(message: UnreadableMessage, firstSeenAt: Timestamp, lastSeenAt: Timestamp) {
        self.message = message
        self.firstSeenAt = firstSeenAt
        self.lastSeenAt = lastSeenAt
    }
}

/// Truncates a text to at most `limit` bytes, between two scalars.
private func truncated(_ text: String, toBytes limit: Int) -> String {
    let bytes = text.utf8
    guard bytes.count > limit else { return text }
    var end = bytes.index(bytes.startIndex, offsetBy: limit)
    // A continuation byte of UTF-8 is 10xxxxxx: its scalar starts earlier.
    while bytes[end] & 0xC0 == 0x80 { end = bytes.index(before: end) }
    return String(text[..<end])
}
