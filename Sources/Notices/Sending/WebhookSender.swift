internal import AWS
internal import Domain
package import HTTP
package import Ledger
package import Support

/// Posts notices to a URL, signed as the Standard Webhooks specification 1.0.0 asks for (standardwebhooks.com).
package struct WebhookSender: NoticeSender {
    private let url: String
    private let secrets: WebhookSecrets
    private let http: HTTPClient
    private let clocks: Clocks

    /// - Parameter http: refuses metadata services. It follows no redirects.
    package init(url: String, secrets: WebhookSecrets, http: HTTPClient, clocks: Clocks = .system) {
        self.url = url
        self.secrets = secrets
        self.http = http
        self.clocks = clocks
    }

    package var batchSize: Int { 1 }

    package func send(_ notices: [NewNotice]) async -> [SendFailure?] {
        var results: [SendFailure?] = []
        for notice in notices {
            do throws(SendFailure) {
                try await post(notice)
                results.append(nil)
            } catch { results.append(error) }
        }
        return results
    }

    private func post(_ notice: NewNotice) async throws(SendFailure) {
        let keys = try await secrets.keys()
        let body = Array(notice.body.utf8)
        let signature = WebhookSignature(id: notice.id, at: clocks.wall(), body: body, keys: keys)
        let request = HTTPRequest(
            method: "POST", url: url,
            headers: [HTTPHeader("content-type", "application/json"), HTTPHeader("user-agent", "lazaret")]
                + signature.headers,
            body: body, timeout: sendTimeout, sinkStatuses: 200...599)
        let answer = DiscardedBody()
        do {
            _ = try await http.send(request, into: answer)
        } catch is DiscardedBody.Enough {
            // The head has the result.
        } catch let error as HTTPError {
            // Without a head, or before the body's end: the receiver may have taken it, and gets it again.
            throw SendFailure(.unavailable, "\(error)")
        } catch {
            throw SendFailure(.cancelled, "the request was cancelled")
        }
        guard let head = answer.head else { throw SendFailure(.unavailable, "\(url) gave no answer") }
        if let failure = failure(head) { throw failure }
    }

    private func failure(_ head: HTTPHead) -> SendFailure? {
        let text = "\(url) answered \(head.status)"
        switch head.status {
        case 200...299: return nil
        case 300...399:
            return SendFailure(.unavailable, "\(text): redirects are not followed; configure the address itself")
        case 410: return SendFailure(.gone, "\(text): it asks for no more notices")
        case 400, 413, 414, 415, 422, 431: return SendFailure(.refused, text)
        default:
            return SendFailure(.unavailable, text, retryAfter: retryAfter(head.headers, now: clocks.wall()))
        }
    }

    package func check() async throws(SendFailure) -> String {
        let count = try await secrets.keys().count
        return "\(count) secret\(count == 1 ? "" : "s"); not tried: use --write to send a test notice"
    }
}

/// Takes the head of a response, and up to a limit of its body, which it discards.
private final class DiscardedBody: HTTPBodySink {
    struct Enough: Error {}

    private static let limit = 64 << 10
    private let state = Locked<(head: HTTPHead?, count: Int)>((nil, 0))

    var head: HTTPHead? { state.withLock { $0.head } }

    func begin(_ head: HTTPHead) { state.withLock { $0.head = head } }

    func receive(_ bytes: UnsafeRawBufferPointer) throws {
        let total = state.withLock { state in
            state.count += bytes.count
            return state.count
        }
        if total > Self.limit { throw Enough() }
    }
}
