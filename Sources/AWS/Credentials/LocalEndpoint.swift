internal import HTTP
internal import Support

/// Asks a service on this machine or its link, over and over for a little while where it does not answer well.
struct LocalEndpoint {
    let means: CredentialProviderContext
    let attempts: Int
    /// For the connection, and again for the answer.
    let timeout: Duration

    /// The answer of any status, once it is none of 429 and 5xx or the attempts are used.
    func ask(_ method: String, _ url: String, headers: [HTTPHeader]) async throws -> HTTPResponse {
        let client = try means.localClient()
        var attempt = 1
        while true {
            let isLast = attempt >= attempts
            do {
                let request = HTTPRequest(
                    method: method, url: url, headers: headers, connectTimeout: timeout, timeout: timeout * 2,
                    needsFreshConnection: attempt > 1)
                let response = try await client.send(request)
                let passes = response.head.status == 429 || response.head.status >= 500
                if isLast || !passes { return response }
            } catch let error as HTTPError {
                if isLast || !error.isTransient { throw error }
            }
            try await means.clock.sleep(RetryPolicy.backoff(attempt: attempt, dice: means.clock.dice()))
            attempt += 1
        }
    }
}

extension AWSError {
    /// A source that did not answer, or an error of ours on the way to it.
    init(_ error: any Error, asking origin: String, hint: String? = nil) {
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
                hint: "Nothing to do: it was asked for.")
        }
    }

    /// A source that refused; its own words are left out where it has none that can be read.
    init(refusal response: HTTPResponse, of origin: String, hiding secrets: [Secret] = [], hint: String) {
        let status = response.head.status
        let said = try? CredentialDocument.read(response.body, of: origin)
        let words = [said?.code, said?.message].compactMap { $0 }.joined(separator: ": ")
        self.init(
            kind: status == 429 ? .throttled : status >= 500 ? .transient : .credentials, code: "HTTP\(status)",
            status: status,
            message:
                "\(origin): it answered \(status)\(words.isEmpty ? "" : " (\(AWS.hiding(secrets, in: String(words.prefix(300)))))")",
            hint: hint)
    }
}
