internal import Support

extension Log {
    /// Logs a message that was not acknowledged on its last receive.
    func deadLetter(_ message: HeldMessage, _ settlement: Settlement) {
        let reason =
            switch settlement {
            case .done: "its work is done, but its lease was lost"
            case .handBack: "it was handed back unfinished"
            case .postpone: "what it needs is away"
            case .retry(let reason): reason
            }
        self(.error, "message goes to the dead-letter queue") { json in
            json.field("messageId", message.id)
            json.field("receiveCount", message.receiveCount)
            json.field("reason", reason)
        }
    }
}
