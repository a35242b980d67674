internal import AWS
internal import Dispatch
package import Pipelines

/// The secrets of a webhook. Files are read each time, so that a rotation needs no restart.
package struct WebhookSecrets: Sendable {
    private let sources: [SecretSource]
    private let environment: [String: String]

    package init(_ sources: [SecretSource], environment: [String: String]) {
        self.sources = sources
        self.environment = environment
    }

    /// Returns the keys in the order of their sources. Of two, one may be missing: a rotation begins and ends so.
    ///
    /// - Throws: `unavailable` if none can be read.
    func keys() async throws(SendFailure) -> [WebhookKey] {
        var keys: [WebhookKey] = []
        var problems: [String] = []
        for source in sources {
            guard let text = await text(of: source), !text.isEmpty else {
                problems.append("\(source) is not there")
                continue
            }
            guard let key = WebhookKey(text) else {
                throw SendFailure(
                    .unavailable, "\(source) does not hold a secret: expected whsec_ and Base64 of 24 to 64 bytes")
            }
            keys.append(key)
        }
        guard !keys.isEmpty else { throw SendFailure(.unavailable, problems.joined(separator: "; ")) }
        return keys
    }

    private func text(of source: SecretSource) async -> String? {
        switch source {
        case .environment(let name): return environment[name]
        case .file(let path):
            // A file system may be slow: never on a thread of Swift's pool.
            return await withCheckedContinuation { waiter in
                DispatchQueue.global().async { waiter.resume(returning: readFile(path)) }
            }
        }
    }
}
