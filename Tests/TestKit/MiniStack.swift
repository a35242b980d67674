internal import FoundationEssentials
internal import Glibc

/// A local cloud: S3, SQS, SNS and EventBridge in one process on a free port of 127.0.0.1, with its state in memory.
///
/// The process ends when its standard input is closed: when this value is released, or when the test process ends for
/// any reason.
package final class MiniStack: Sendable {
    /// `http://127.0.0.1:PORT`
    package let endpoint: String
    private let server: Program

    private struct Greeting: Decodable { let endpoint: String }

    /// - Parameter enforces: whether it checks signatures and policies, as AWS does.
    package init(enforcing enforces: Bool = false) async throws {
        guard access(Project.python, X_OK) == 0 else { throw NotSetUp() }
        server = try Program(
            Project.python, [Project.fixture("kit/local_cloud.py")] + (enforces ? ["enforcing"] : []),
            environment: ["PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"], holdingInput: true)
        let line = try await server.outputLine(within: .seconds(60))
        endpoint = try Self.endpoint(inGreeting: line)
    }

    /// The endpoint in the line that a server of `Fixtures/kit` prints first.
    static func endpoint(inGreeting line: String) throws -> String {
        try JSONDecoder().decode(Greeting.self, from: Data(line.utf8)).endpoint
    }

    /// The cloud for all tests of this process. Each test uses its own names.
    package static func shared() async throws -> MiniStack { try await sharedTask.value }

    private static let sharedTask = Task { try await MiniStack() }

    /// A cloud that enforces policies, for all tests of this process.
    package static func enforcing() async throws -> MiniStack { try await enforcingTask.value }

    private static let enforcingTask = Task { try await MiniStack(enforcing: true) }

    deinit { server.closeInput() }

    /// Advances the time of one queue, so that messages hidden for at most this long can be received again. Leases on
    /// its messages expire too, so no worker may hold any. One call at a time.
    package func letTimePass(_ time: Duration, in queue: Queue) async throws {
        let name = queue.url.split(separator: "/").last ?? ""
        server.write(Array("pass \(time.components.seconds) \(name)\n".utf8))
        _ = try await server.outputLine(within: .seconds(10)) { $0.contains("messages") }
    }

    /// Kills the server.
    package func stop() { server.send(SIGKILL) }

    /// The environment variables with which a client uses this cloud and no other.
    package var environment: [String: String] {
        [
            "PATH": "/usr/bin:/bin", "AWS_ENDPOINT_URL": endpoint, "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "PYTHONDONTWRITEBYTECODE": "1",
        ]
    }
}

package struct NotSetUp: Error, CustomStringConvertible {
    package var description: String { "the tests' tools are missing: run `make setup` first (\(Project.python))" }
}
