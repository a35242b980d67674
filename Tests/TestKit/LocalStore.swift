/// A store that speaks S3, on a free port of 127.0.0.1. Its process ends with this value.
package final class LocalStore: Sendable {
    package enum Kind: String, CaseIterable, Sendable {
        case miniStack = "MiniStack"
        case moto
        case rclone
    }

    /// `http://127.0.0.1:PORT`
    package let endpoint: String
    package let kind: Kind
    private let server: Program

    /// - Parameter kind: MiniStack is run as it is, without the corrections of `MiniStack`.
    package init(_ kind: Kind) async throws {
        self.kind = kind
        let script = kind == .miniStack ? ["kit/local_cloud.py", "plain"] : ["kit/local_store.py", kind.rawValue]
        server = try Program(
            Project.python, [Project.fixture(script[0]), script[1]],
            environment: ["PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"], holdingInput: true)
        endpoint = try MiniStack.endpoint(inGreeting: try await server.outputLine(within: .seconds(60)))
    }

    /// The environment with which a client uses this store, and the queues of a cloud.
    package func environment(queuesOf cloud: MiniStack) -> [String: String] {
        // What boto3 adds by default is refused by some stores.
        cloud.environment.merging([
            "AWS_ENDPOINT_URL_S3": endpoint, "AWS_REQUEST_CHECKSUM_CALCULATION": "when_required",
            "AWS_RESPONSE_CHECKSUM_VALIDATION": "when_required",
        ]) { $1 }
    }

    deinit { server.closeInput() }
}
