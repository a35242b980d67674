/// An error of a call to a service, or of its settings or credentials.
package struct AWSError: Error, Sendable, CustomStringConvertible {
    package enum Kind: String, Sendable, CaseIterable {
        /// The service limits the request rate.
        case throttled
        /// The service or the connection failed temporarily.
        case transient
        /// No response in time, or too little throughput.
        case timedOut
        /// The connection failed or is not trusted.
        case unreachable
        /// No such bucket, key, version or queue.
        case notFound
        /// The identity may not do this, or a lock forbids it.
        case denied
        /// The object is not, or no longer, the expected one.
        case preconditionFailed
        /// Another operation is changing the resource, or its state does not allow this.
        case conflict
        /// Missing, wrong or expired credentials.
        case credentials
        /// This machine's clock is wrong and could not be corrected from the service's.
        case skewed
        /// The request or the settings are wrong, or the response is not from the expected service.
        case invalid
        /// The task was cancelled, or the client shut down.
        case cancelled
    }

    package let kind: Kind
    /// The service's code, such as `NoSuchKey`, or a code of this client.
    package let code: String
    package let service: AWSService?
    /// Such as `CopyObject`.
    package let operation: String?
    package let status: Int?
    package let requestID: String?
    /// S3's `x-amz-id-2`.
    package let extendedRequestID: String?
    package let message: String
    /// How to fix it.
    package let hint: String
    /// Whether the same call may succeed later. The client has already used its own attempts.
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
        self.isRetryable = isRetryable ?? (kind.isRetryable || code == Self.passingConflict)
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

extension AWSError {
    /// 409: another request changed the key while a conditional one ran. Unlike 412 it says nothing about the
    /// condition, and S3 asks to send the request again ("Conditional writes" in its user guide).
    static var passingConflict: String { "ConditionalRequestConflict" }
}

extension AWSError.Kind {
    /// Whether errors of this kind are temporary.
    var isRetryable: Bool {
        switch self {
        case .throttled, .transient, .timedOut, .unreachable: true
        case .notFound, .denied, .preconditionFailed, .conflict, .credentials, .skewed, .invalid, .cancelled: false
        }
    }
}
