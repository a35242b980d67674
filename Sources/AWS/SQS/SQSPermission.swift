internal import Support

/// A permission on a queue, which can be tried without a change: the request asks for no message, or names a receipt
/// that does not exist.
package enum SQSPermission: String, Sendable, CaseIterable {
    case receive = "sqs:ReceiveMessage"
    case delete = "sqs:DeleteMessage"
    case changeVisibility = "sqs:ChangeMessageVisibility"
}

extension SQSClient {
    /// Tries a permission. A queue that gives out a message where none was asked for gets it back at once.
    package func tries(_ permission: SQSPermission) async -> PermissionTrial {
        struct Nothing: Decodable {}
        let receipt = "lazaret-asks-whether-it-may"
        do throws(AWSError) {
            switch permission {
            case .receive:
                let _: Nothing = try await send(operation: "ReceiveMessage") { json in
                    json.field("MaxNumberOfMessages", 0)
                    json.field("VisibilityTimeout", 0)
                    json.field("WaitTimeSeconds", 0)
                }
            case .delete:
                let _: Nothing = try await send(operation: "DeleteMessage") { $0.field("ReceiptHandle", receipt) }
            case .changeVisibility:
                let _: Nothing = try await send(operation: "ChangeMessageVisibility") { json in
                    json.field("ReceiptHandle", receipt)
                    json.field("VisibilityTimeout", 0)
                }
            }
            return .allowed
        } catch {
            switch error.kind {
            case .denied: return .denied(error)
            // The queue refuses the values, which it reads once the permission is there.
            case .invalid, .notFound: return .allowed
            default: return .unknown(error)
            }
        }
    }

    /// Returns a client for the queue of an ARN, if it has this queue's region: its URL differs in account and name.
    package func sibling(arn: String) -> SQSClient? {
        let parts = arn.split(separator: ":", omittingEmptySubsequences: false)
        var path = queueURL.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 6, path.count >= 5, parts[3] == signer.region else { return nil }
        path[path.count - 2] = parts[4]
        path[path.count - 1] = parts[5]
        return SQSClient(client: client, queueURL: path.joined(separator: "/"))
    }
}
