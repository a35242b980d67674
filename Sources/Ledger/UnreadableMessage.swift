package import Domain

/// A message whose body no reader understands.
package struct UnreadableMessage: Sendable, Equatable {
    /// How much of a body is kept, in bytes.
    package static let keptBytes = 4096

    package let messageID: String
    package let reason: String
    /// The first 4 KiB, cut between two characters.
    package let body: String
    /// How often SQS has handed the message out.
    package let receiveCount: Int

    /// - Parameter body: whole; what is too much is cut off here.
    package init(messageID: String, reason: String, body: String, receiveCount: Int) {
        self.messageID = messageID
        self.reason = reason
        self.body = start(of: body, bytes: Self.keptBytes)
        self.receiveCount = receiveCount
    }
}

/// An unreadable message as the ledger holds it: the latest reason, the greatest count.
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

/// At most so many bytes of a text, with no scalar cut in two.
private func start(of text: String, bytes limit: Int) -> String {
    let bytes = text.utf8
    guard bytes.count > limit else { return text }
    var end = bytes.index(bytes.startIndex, offsetBy: limit)
    // A continuation byte of UTF-8 is 10xxxxxx: the scalar it belongs to started earlier.
    while bytes[end] & 0xC0 == 0x80 { end = bytes.index(before: end) }
    return String(text[..<end])
}
