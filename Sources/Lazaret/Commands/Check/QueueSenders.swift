internal import FoundationEssentials

/// Who may send messages to a queue, by its policy. An event decides about an object, and its sequencer about the order
/// of uploads, so only S3 should be able to send one.
struct QueueSenders {
    /// Each a sentence; none if only S3, SNS or EventBridge may send, from a source that is named.
    let warnings: [String]

    /// - Parameter policy: the queue's policy as JSON; nil if it has none, which leaves it to the policies of the
    ///   identities of its own account.
    init(policy: String?) {
        guard let policy, !policy.isEmpty else {
            warnings = []
            return
        }
        guard let read = try? JSONDecoder().decode(Policy.self, from: Data(policy.utf8)) else {
            warnings = ["the queue's policy can't be read, so it is unknown who may send to it"]
            return
        }
        warnings = read.statements.compactMap(\.warning)
    }

    private static let services: Set<String> = ["s3.amazonaws.com", "sns.amazonaws.com", "events.amazonaws.com"]

    private struct Policy: Decodable {
        let statements: [Statement]

        enum CodingKeys: String, CodingKey { case statement = "Statement" }

        init(from decoder: any Decoder) throws {
            let keys = try decoder.container(keyedBy: CodingKeys.self)
            let one = try? keys.decode(Statement.self, forKey: .statement)
            statements = try one.map { [$0] } ?? keys.decode([Statement].self, forKey: .statement)
        }
    }

    private struct Statement: Decodable {
        let effect: String
        let actions: Texts?
        let principal: Principal?
        let hasNotPrincipal: Bool
        /// Operator to keys.
        let conditions: [String: [String: Texts]]

        enum CodingKeys: String, CodingKey {
            case effect = "Effect", action = "Action", principal = "Principal", notPrincipal = "NotPrincipal"
            case condition = "Condition"
        }

        init(from decoder: any Decoder) throws {
            let keys = try decoder.container(keyedBy: CodingKeys.self)
            effect = try keys.decode(String.self, forKey: .effect)
            actions = try keys.decodeIfPresent(Texts.self, forKey: .action)
            principal = try keys.decodeIfPresent(Principal.self, forKey: .principal)
            hasNotPrincipal = keys.contains(.notPrincipal)
            conditions = try keys.decodeIfPresent([String: [String: Texts]].self, forKey: .condition) ?? [:]
        }

        private var allowsSending: Bool {
            guard effect == "Allow" else { return false }
            // Without Action there is NotAction, which allows all but a few.
            return actions?.values.contains { action in
                let word = action.lowercased()
                guard word.hasSuffix("*") else { return word == "sqs:sendmessage" }
                return "sqs:sendmessage".hasPrefix(word.dropLast())
            } ?? true
        }

        /// Whether a condition names the bucket, topic, rule or account that messages must come from.
        private var namesSource: Bool {
            conditions.contains { name, keys in
                guard !name.lowercased().contains("not"), !name.hasSuffix("IfExists") else { return false }
                return keys.contains { key, values in
                    ["aws:sourcearn", "aws:sourceaccount", "aws:principalarn"].contains(key.lowercased())
                        && !values.values.contains("*")
                }
            }
        }

        var warning: String? {
            guard allowsSending else { return nil }
            if hasNotPrincipal { return "its policy lets all but a few send messages (NotPrincipal)" }
            let others = (principal?.names ?? ["*"]).filter { !services.contains($0) }.sorted()
            if !others.isEmpty {
                // S3 itself needed Principal "*" with a source in the days before services had names.
                if others == ["*"], namesSource { return nil }
                return
                    "its policy lets \(others.joined(separator: ", ")) send messages: who can, decides the order of uploads"
            }
            return namesSource ? nil : "its policy lets S3, SNS or EventBridge of any account send: add aws:SourceArn"
        }
    }

    /// One text, or a list of them.
    private struct Texts: Decodable {
        let values: [String]

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            values = try (try? container.decode(String.self)).map { [$0] } ?? container.decode([String].self)
        }
    }

    /// `"*"`, or a kind of principal with its names.
    private struct Principal: Decodable {
        let names: [String]

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            names =
                try (try? container.decode(String.self)).map { [$0] }
                ?? container.decode([String: Texts].self).values.flatMap(\.values)
        }
    }
}
