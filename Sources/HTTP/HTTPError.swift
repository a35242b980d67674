/// An error of a request that received no complete response.
package struct HTTPError: Error, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// The connect timeout or the request timeout expired.
        case timedOut
        /// The throughput fell below the floor.
        case stalled
        /// The connection failed: unknown host, connection refused or no route.
        case connectFailed
        /// The connection closed before the response was complete.
        case connectionLost
        /// The certificate was not trusted, or the TLS handshake failed.
        case tls
        /// The body ended before its declared length.
        case truncated
        /// The headers or a buffered body exceeded their limit.
        case tooLarge
        /// The response was not HTTP.
        case protocolViolation
        /// The request itself cannot be sent.
        case invalidRequest
        /// The client was shut down.
        case shutdown
        /// libcurl failed locally, for lack of memory or descriptors.
        case unavailable
    }

    package let code: Code
    /// Method and URL without the query.
    package let operation: String
    package let message: String
    /// How to fix it.
    package let hint: String
    /// Whether the same request may succeed if it is sent again.
    package let isTransient: Bool
    /// Whether any byte of the request may have reached the server.
    package let mayHaveReachedServer: Bool

    package init(
        code: Code, operation: String, message: String, hint: String, isTransient: Bool, mayHaveReachedServer: Bool
    ) {
        self.code = code
        self.operation = operation
        self.message = message
        self.hint = hint
        self.isTransient = isTransient
        self.mayHaveReachedServer = mayHaveReachedServer
    }

    package var description: String { "\(operation): \(message) (\(code.rawValue)). \(hint)" }
}
