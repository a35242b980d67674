internal import HTTP
internal import Support

/// A loopback or link-local endpoint, called with a few retries.
struct LocalEndpoint {
    let context: CredentialProviderContext
    let attempts: Int
    /// The limit for the connection, and again for the response.
    let timeout: Duration

    /// Returns a response whose status is not 429 or 5xx, or the response of the last attempt.
    func send(_ method: String, _ url: String, headers: [HTTPHeader]) async throws -> HTTPResponse {
        let client = try context.localClient()
        var attempt = 1
        while true {
            let isLast = attempt >= attempts
            do {
                let request = HTTPRequest(
                    method: method, url: url, headers: headers, connectTimeout: timeout, timeout: timeout * 2,
                    needsFreshConnection: attempt > 1)
                let response = try await client.send(request)
                let isTransient = response.head.status == 429 || response.head.status >= 500
                if isLast || !isTransient { return response }
            } catch let error as HTTPError {
                if isLast || !error.isTransient { throw error }
            }
            let backoff = RetryPolicy.backoff(attempt: attempt, jitter: context.jitter())
            try await context.clocks.monotonic.sleep(for: backoff)
            attempt += 1
        }
    }
}

extension AWSError {
    /// The error of a source that could not be reached.
    init(_ error: any Error, from origin: String, hint: String? = nil) {
        switch error {
        case let error as AWSError: self = error
        case let error as HTTPError:
            self.init(
                kind: Kind(error.code), code: error.code.rawValue,
                message: "\(origin): \(error.operation): \(error.message)",
                hint: hint ?? error.hint, isRetryable: error.isTransient)
        default:
            self.init(
                kind: .cancelled, code: "Cancelled", message: "\(origin): the call was cancelled",
                hint: "Nothing to do: the caller cancelled it.")
        }
    }

    /// The error of a source that returned a status other than 200. Includes the response's code and message if it has
    /// any.
    init(rejection response: HTTPResponse, from origin: String, redacting secrets: [Secret] = [], hint: String) {
        let status = response.head.status
        let document = try? CredentialDocument.read(response.body, from: origin)
        let details = [document?.code, document?.message].compactMap { $0 }.joined(separator: ": ")
        self.init(
            kind: status == 429 ? .throttled : status >= 500 ? .transient : .credentials, code: "HTTP\(status)",
            status: status,
            message:
                "\(origin): it answered \(status)\(details.isEmpty ? "" : " (\(redact(secrets, in: String(details.prefix(300)))))")",
            hint: hint)
    }
}
