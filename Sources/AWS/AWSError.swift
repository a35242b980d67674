/// A call to a service, or the way to it, that failed.
package struct AWSError: Error, Sendable, CustomStringConvertible {
    package enum Kind: String, Sendable, CaseIterable {
        /// The service asks to be asked less often.
        case throttled
        /// The service or the connection failed in a way that passes.
        case transient
        /// No answer in time, or too few bytes.
        case timedOut
        /// No connection came about, or none that is trusted.
        case unreachable
        /// No such bucket, key, version or queue.
        case notFound
        /// The credentials are good but may not do this, or a lock forbids it.
        case denied
        /// The object is not (any more) the one that was meant.
        case preconditionFailed
        /// Somebody else changes the same thing at this moment, or it is not in a state for this.
        case conflict
        /// Missing, wrong or expired credentials.
        case credentials
        /// Our clock is wrong, and could not be corrected from the service's.
        case skewed
        /// The request or the settings are wrong, or the answer is none of this service.
        case invalid
        /// The task was cancelled, or the client shut down.
        case cancelled
    }

    package let kind: Kind
    /// The service's code, such as `NoSuchKey`, or one of ours.
    package let code: String
    package let service: AWSService?
    /// Such as `CopyObject`.
    package let operation: String?
    package let status: Int?
    package let requestID: String?
    /// S3's `x-amz-id-2`.
    package let extendedRequestID: String?
    package let message: String
    /// What to do about it.
    package let hint: String
    /// Whether the same call may succeed later. The client has used up its own tries when this is seen.
    package let isRetryable: Bool

    package init(
        kind: Kind, code: String, service: AWSService? = nil, operation: String? = nil, status: Int? = nil,
        requestID: String? = nil, extendedRequestID: String? = nil, message: String, hint: String,
        isRetryable: Bool? = nil
    ) {
        self.kind = kind
        self.code = code
        self.service = service
        self.operation = operation
        self.status = status
        self.requestID = requestID
        self.extendedRequestID = extendedRequestID
        self.message = message
        self.hint = hint
        self.isRetryable = isRetryable ?? kind.passes
    }

    package var description: String {
        var text = [service?.name, operation].compactMap { $0 }.joined(separator: " ")
        text += "\(text.isEmpty ? "" : ": ")\(code): \(message)"
        var facts: [String] = []
        if let status { facts.append("HTTP \(status)") }
        if let requestID { facts.append("request \(requestID)") }
        if !facts.isEmpty { text += " (\(facts.joined(separator: ", ")))" }
        return "\(text). \(hint)"
    }
}

extension AWSError.Kind {
    /// Whether such an error goes away by itself.
    var passes: Bool {
        switch self {
        case .throttled, .transient, .timedOut, .unreachable: true
        case .notFound, .denied, .preconditionFailed, .conflict, .credentials, .skewed, .invalid, .cancelled: false
        }
    }
}
