import Foundation
import Support
import TestKit
import Testing

/// A notice as a receiver reads it.
struct NoticeLine: Decodable, Equatable {
    struct Object: Decodable, Equatable {
        let bucketName: String
        let objectKey: String
    }

    struct Review: Decodable, Equatable { let action: String }

    let id: String
    let kind: String
    let revision: Int64?
    let s3ObjectDetails: Object?
    let outcome: String?
    let verdict: String?
    let disposition: String?
    let destination: Object?
    let review: Review?

    init(_ text: String) throws { self = try JSONDecoder().decode(Self.self, from: Data(text.utf8)) }

    /// `outcome clean promoted`
    var summary: String { [kind, verdict, disposition].compactMap(\.self).joined(separator: " ") }
}

/// A receiver of webhooks that answers as a test says.
final class WebhookReceiver: Sendable {
    static let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    let server: ScriptedServer

    /// - Parameter keepsRequests: whether `notices` has all of them.
    init(
        keepsRequests: Bool = true,
        _ answer: @escaping @Sendable (ScriptedRequest) -> ScriptedAnswer = { _ in .status(204) }
    ) throws {
        server = try ScriptedServer(keepsRequests: keepsRequests, answer)
    }

    var url: String { server.url + "/hook" }

    /// The notices of all requests, in order.
    func notices() throws -> [NoticeLine] { try server.requests.map { try NoticeLine($0.text) } }

    /// Waits until there are at least so many requests.
    func awaitRequests(_ count: Int, within limit: Duration = .seconds(30)) async throws {
        try await within(limit, "\(count) notices at the webhook") { [server] in
            try await eventually { server.requests.count >= count }
        }
    }
}

extension StationFixture {
    /// Has the usual pipeline notify somebody.
    ///
    /// - Parameter entries: of `notify`, a line each.
    func notify(_ entries: String...) throws {
        let lines = entries.map { "  - \($0)" }.joined(separator: "\n")
        try write(rules: Self.usualRules.replacing("then:", with: "notify:\n\(lines)\nthen:"))
    }

    func webhook(_ receiver: WebhookReceiver, _ more: String = "") -> String {
        "{ webhook: { url: \"\(receiver.url)\", secrets: [\"env:HOOK_SECRET\"] }\(more) }"
    }

    /// Starts a worker that knows the webhook's secret.
    func startNotifier(idle: Int? = nil, _ flags: [String] = []) throws -> Program {
        try startWorker(
            idle: idle, ["--scanners", "1"] + flags,
            environment: stack.environment.merging(["HOOK_SECRET": WebhookReceiver.secret]) { $1 })
    }

    /// Runs `lazaret notices`.
    func notices(_ words: [String]) async throws -> Program.Exit {
        try await Program(
            Self.lazaret, ["notices"] + words + ["--ledger", ledger], environment: [:], directory: folder.path
        ).exit(within: .seconds(30))
    }
}
