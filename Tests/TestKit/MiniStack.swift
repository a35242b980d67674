internal import FoundationEssentials
internal import Glibc

/// A local cloud: S3, SQS, SNS and EventBridge in one process on a free port of 127.0.0.1, its state in memory.
///
/// The process ends when this value does, and when the test process does, however that ends: it lives as long as
/// its standard input is held open.
package final class MiniStack: Sendable {
    /// `http://127.0.0.1:PORT`
    package let endpoint: String
    private let server: Program

    private struct Greeting: Decodable { let endpoint: String }

    package init() async throws {
        guard access(Project.python, X_OK) == 0 else { throw NotSetUp() }
        server = try Program(
            Project.python, [Project.fixture("kit/local_cloud.py")],
            environment: ["PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"], holdingInput: true)
        let line = try await server.outputLine(within: .seconds(60))
        endpoint = try JSONDecoder().decode(Greeting.self, from: Data(line.utf8)).endpoint
    }

    /// One for all tests of this process. Each test takes names of its own in it.
    package static func shared() async throws -> MiniStack { try await everyones.value }

    private static let everyones = Task { try await MiniStack() }

    deinit { server.closeInput() }

    /// Lets time pass for the messages of one queue alone: what was hidden for so long can be received again. Not for a
    /// queue that a worker has leases in: to SQS those would have run out. One call at a time.
    package func letTimePass(_ time: Duration, in queue: Queue) async throws {
        let name = queue.url.split(separator: "/").last ?? ""
        server.write(Array("pass \(time.components.seconds) \(name)\n".utf8))
        _ = try await server.outputLine(within: .seconds(10)) { $0.contains("messages") }
    }

    /// Ends the server at once.
    package func stop() { server.send(SIGKILL) }

    /// What a client needs in its environment to use this cloud and to look for no other.
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
