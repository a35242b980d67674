internal import Foundation

extension Fault {
    /// An answer to ReceiveMessage with its messages in the opposite order.
    package static let messagesReversed = changes { $0.changingMessages { $0.reversed() } }

    /// An answer to ReceiveMessage in which each message stands twice, as when two of a queue's servers hold it.
    package static let messagesTwice = changes { $0.changingMessages { $0 + $0 } }
}

extension ScriptedAnswer {
    /// How many messages an answer to ReceiveMessage brings.
    package var messageIDs: [String] { messages.compactMap { $0["MessageId"] as? String } }

    private var messages: [[String: Any]] {
        let fields = try? JSONSerialization.jsonObject(with: Data(body)) as? [String: Any]
        return fields?["Messages"] as? [[String: Any]] ?? []
    }

    fileprivate func changingMessages(_ change: ([[String: Any]]) -> [[String: Any]]) -> ScriptedAnswer {
        let messages = messages
        guard !messages.isEmpty,
            let changed = try? JSONSerialization.data(withJSONObject: ["Messages": change(messages)])
        else { return self }
        var answer = self
        answer.body = Array(changed)
        return answer
    }
}
