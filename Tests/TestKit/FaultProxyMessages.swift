internal import Foundation

extension Fault {
    /// An answer to ReceiveMessage with its messages in the opposite order.
    package static let messagesReversed = changes { $0.changingMessages { $0.reversed() } }

    /// An answer to ReceiveMessage in which each message stands twice, as when two of a queue's servers hold it.
    package static let messagesTwice = changes { $0.changingMessages { $0 + $0 } }

    /// An answer to a batch that says of one entry, by its id, that it failed.
    package static func failedEntry(_ id: String, _ code: String) -> Fault { changes { $0.failing(id, code) } }
}

extension ScriptedAnswer {
    /// Of the messages that an answer to ReceiveMessage brings.
    package var messageIDs: [String] { messages.compactMap { $0["MessageId"] as? String } }
    package var messageBodies: [String] { messages.compactMap { $0["Body"] as? String } }

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

    fileprivate func failing(_ id: String, _ code: String) -> ScriptedAnswer {
        let fields = (try? JSONSerialization.jsonObject(with: Data(body)) as? [String: Any]) ?? [:]
        func entries(_ name: String) -> [[String: Any]] {
            (fields[name] as? [[String: Any]] ?? []).filter { $0["Id"] as? String != id }
        }
        let failed: [String: Any] = ["Id": id, "Code": code, "Message": "made by a test", "SenderFault": false]
        let changed: [String: Any] = ["Successful": entries("Successful"), "Failed": entries("Failed") + [failed]]
        guard let text = try? JSONSerialization.data(withJSONObject: changed) else { return self }
        var answer = self
        answer.body = Array(text)
        return answer
    }
}
