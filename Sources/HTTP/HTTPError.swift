/// A request that got no whole answer.
package struct HTTPError: Error, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// The time for the connection or for the whole request ran out.
        case timedOut
        /// Fewer bytes flowed than the floor asks for.
        case stalled
        /// No connection came about: no such name, nobody listening, no way there.
        case connectFailed
        /// The connection broke before the answer was whole.
        case connectionLost
        /// The certificate was not trusted, or no common way to encrypt was found.
        case tls
        /// The body ended before its announced length.
        case truncated
        /// Headers or a buffered body outgrew their bound.
        case tooLarge
        /// The answer was no HTTP.
        case protocolViolation
        /// The request itself cannot be sent.
        case invalidRequest
        /// The client was shut down.
        case shutdown
        /// libcurl could not do its own part, for want of memory or descriptors.
        case unavailable
    }

    package let code: Code
    /// Method and URL without its query.
    package let operation: String
    package let message: String
    /// What to do about it.
    package let hint: String
    /// Whether the same request may succeed a moment later.
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
