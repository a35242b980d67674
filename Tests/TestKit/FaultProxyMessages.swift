internal import Foundation

extension Fault {
    /// Reverses the messages in an answer to ReceiveMessage.
    package static let messagesReversed = changes { $0.changingMessages { $0.reversed() } }

    /// Duplicates each message in an answer to ReceiveMessage, as if two of a queue's servers held it.
    package static let messagesTwice = changes { $0.changingMessages { $0 + $0 } }

    /// Marks one entry in the answer to a batch, by its ID, as failed.
    package static func failedEntry(_ id: String, _ code: String) -> Fault { changes { $0.failing(id, code) } }
}

extension ScriptedAnswer {
    /// The IDs of the messages in an answer to ReceiveMessage.
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
