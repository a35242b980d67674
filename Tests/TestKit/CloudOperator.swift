internal import FoundationEssentials
internal import Glibc
internal import Support

/// The uploader and the operator of the cloud, played by boto3 in a Python process. It creates buckets, queues and
/// objects, and reads what S3 and SQS hold, without the code under test. Calls run concurrently.
package final class CloudOperator: Sendable {
    /// An error response of the service, with its code (`NoSuchBucket`) and message.
    package struct Refused: Error, Sendable {
        package let code: String
        package let message: String
    }

    private enum Reply: Sendable {
        case answer([UInt8])
        case refused(Refused)
    }

    private struct State {
        var next = 1
        var waiting: [Int: Promise<Reply>] = [:]
        var isOver = false
    }

    private let process: Program
    private let state = Locked(State())

    package convenience init(_ cloud: MiniStack) throws { try self.init(environment: cloud.environment) }

    package init(environment: [String: String]) throws {
        process = try Program(
            Project.python, [Project.fixture("kit/cloud_operator.py")], environment: environment, holdingInput: true)
        Task.detached { [self] in
            for await line in process.outputLines { settle(line) }
            let left = state.withLock { state in
                state.isOver = true
                defer { state.waiting = [:] }
                return Array(state.waiting.values)
            }
            for promise in left { promise.keep(.refused(.over)) }
        }
    }

    /// The operator of the shared cloud, for all tests of this process.
    package static func shared() async throws -> CloudOperator { try await sharedTask.value }

    private static let sharedTask = Task { try CloudOperator(try await MiniStack.shared()) }

    private struct Envelope: Decodable {
        let id: Int
        let error: String?
        let message: String?
    }

    private struct Answer<Value: Decodable>: Decodable { let answer: Value }
    private struct Nothing: Decodable {}

    private func settle(_ line: String) {
        guard let envelope = try? JSONDecoder().decode(Envelope.self, from: Data(line.utf8)) else { return }
        let promise = state.withLock { $0.waiting.removeValue(forKey: envelope.id) }
        if let code = envelope.error {
            promise?.keep(.refused(Refused(code: code, message: envelope.message ?? "")))
        } else {
            promise?.keep(.answer(Array(line.utf8)))
        }
    }

    private func line(_ operation: String, _ fields: [String: JSONValue]) async throws -> [UInt8] {
        let promise = Promise<Reply>()
        let number: Int? = state.withLock { state in
            guard !state.isOver else { return nil }
            defer { state.next += 1 }
            state.waiting[state.next] = promise
            return state.next
        }
        guard let number else { throw Refused.over }
        let named: [String: JSONValue] = ["id": .number(Int64(number)), "do": .text(operation)]
        let request = fields.merging(named) { _, new in new }
        process.write(Array(try JSONEncoder().encode(request)) + [0x0A])
        switch await promise.value {
        case .answer(let line): return line
        case .refused(let refusal): throw refusal
        }
    }

    /// Runs an operation of the script, named as there, and returns its answer.
    func call<Value: Decodable>(_ operation: String, _ fields: [String: JSONValue], as _: Value.Type) async throws
        -> Value
    {
        try JSONDecoder().decode(Answer<Value>.self, from: Data(try await line(operation, fields))).answer
    }

    func call(_ operation: String, _ fields: [String: JSONValue]) async throws { _ = try await line(operation, fields) }
}

extension CloudOperator.Refused {
    static let over = Self(code: "Over", message: "the operator's process has ended")
}
