import Support
import TestKit

/// A scripted SQS with the requests that move a dead-letter queue.
struct ScriptedMoveSQS {
    let server: ScriptedServer
    private let received: Received

    private final class Received: Sendable {
        let requests = Locked<[String]>([])
    }

    /// The operations and their inputs, in order of arrival.
    var requests: [String] { received.requests.withLock { $0 } }

    /// - Parameter status: the task's status at the `number`th ListMessageMoveTasks, from 2 on. The first is answered
    ///   with an earlier task.
    init(status: @escaping @Sendable (_ number: Int) -> String) throws {
        let received = Received()
        self.received = received
        server = try ScriptedServer { request in
            let name = request["x-amz-target"]?.split(separator: ".").last.map(String.init) ?? ""
            let body = String(decoding: request.body, as: UTF8.self)
            let number = received.requests.withLock { requests in
                requests.append("\(name) \(body)")
                return requests.count { $0.hasPrefix("ListMessageMoveTasks") }
            }
            switch name {
            case "GetQueueAttributes":
                let queue = body.contains("dead") ? "dead" : "live"
                return .status(200, #"{"Attributes":{"QueueArn":"arn:aws:sqs:us-east-1:1:\#(queue)"}}"#)
            case "StartMessageMoveTask": return .status(200, #"{"TaskHandle":"handle"}"#)
            case "CancelMessageMoveTask": return .status(200, #"{"ApproximateNumberOfMessagesMoved":7}"#)
            case "ListMessageMoveTasks" where number == 1:
                return .status(200, #"{"Results":[{"Status":"COMPLETED","StartedTimestamp":1}]}"#)
            case "ListMessageMoveTasks":
                let task =
                    #""Status":"\#(status(number))","TaskHandle":"handle","FailureReason":"AccessDenied","#
                    + #""ApproximateNumberOfMessagesMoved":\#(number * 10),"StartedTimestamp":2"#
                return .status(200, #"{"Results":[{\#(task)}]}"#)
            default: return .status(400, #"{"__type":"InvalidAction"}"#)
            }
        }
    }
}
