internal import Support

extension Log {
    /// One line for a message that was not acknowledged at the last receipt that the queue grants it.
    func deadLetter(_ message: HeldMessage, _ ending: HeldMessage.Ending) {
        let reason =
            switch ending {
            case .acknowledge: "its work is done, but its lease was lost"
            case .handBack: "it was handed back unfinished"
            case .retry(let reason), .unreadable(let reason): reason
            }
        self(.error, "message goes to the dead-letter queue") { json in
            json.field("messageId", message.id)
            json.field("receiveCount", message.receiveCount)
            json.field("reason", reason)
        }
    }
}
