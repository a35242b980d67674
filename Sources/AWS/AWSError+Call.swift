internal import HTTP

extension AWSError {
    /// Creates this client's error about a call or its response.
    init(_ call: AWSCall, kind: Kind, code: String, message: String, head: HTTPHead? = nil, isRetryable: Bool? = nil) {
        self.init(
            kind: kind, code: code, service: call.service, operation: call.operation, status: head?.status,
            requestID: head.flatMap { AWS.requestID($0) }, extendedRequestID: head?.headers["x-amz-id-2"],
            message: message,
            hint: AWS.hint(kind: kind, code: code, region: call.signer.region), isRetryable: isRetryable)
    }

    /// An entry of a batch that the response does not mention: it may have been taken.
    init(unanswered call: AWSCall, head: HTTPHead) {
        self.init(
            call, kind: .transient, code: "NotAnswered", message: "the response does not mention the entry", head: head)
    }

    init(cancelled call: AWSCall) {
        self.init(call, kind: .cancelled, code: "Cancelled", message: "the call was cancelled")
    }

    init(_ call: AWSCall, _ error: HTTPError) {
        self.init(
            kind: Kind(error.code), code: error.code.rawValue, service: call.service, operation: call.operation,
            message: "\(error.operation): \(error.message)", hint: error.hint, isRetryable: error.isTransient)
    }

    /// Creates the service's error from a response that is not 2xx.
    init(_ call: AWSCall, response: HTTPResponse) {
        let serviceError: ServiceError =
            switch call.service {
            case .s3, .sts, .sns: ServiceError(xml: response)
            case .sqs, .eventBridge: ServiceError(json: response)
            }
        self.init(call, serviceError, head: response.head)
    }

    init(_ call: AWSCall, _ serviceError: ServiceError, head: HTTPHead) {
        let code = serviceError.code ?? errorCode(forStatus: head.status)
        var message = serviceError.message ?? "the service answered \(head.status) \(withoutMessage)"
        if let region = serviceError.region ?? head.headers["x-amz-bucket-region"], region != call.signer.region {
            message += " (it is in the region \(region))"
        }
        var kind = Kind(code: code, status: head.status)
        // A version that is a delete marker has no content.
        if head.status == 405, head.headers["x-amz-delete-marker"] == "true" { kind = .notFound }
        self.init(
            kind: kind, code: code, service: call.service, operation: call.operation, status: head.status,
            requestID: serviceError.requestID ?? AWS.requestID(head), extendedRequestID: head.headers["x-amz-id-2"],
            message: message,
            hint: AWS.hint(kind: kind, code: code, region: call.signer.region) + ownerHint(call, head.status))
    }

    /// Returns the error with the call's service and operation, unless it has its own.
    func adding(_ call: AWSCall) -> AWSError {
        AWSError(
            kind: kind, code: code, service: service ?? call.service, operation: operation ?? call.operation,
            status: status, requestID: requestID, extendedRequestID: extendedRequestID, message: message, hint: hint,
            isRetryable: isRetryable)
    }
}

/// S3 answers 403 as well if a bucket is not of the account that a request names.
private func ownerHint(_ call: AWSCall, _ status: Int) -> String {
    guard status == 403, let owner = call.headers.first(where: { $0.name == expectedOwnerHeader }) else { return "" }
    return " Or the bucket is not of the account \(owner.value), which "
        + "expected-bucket-owner names: make sure that nobody else has it."
}

func requestID(_ head: HTTPHead) -> String? { head.headers["x-amz-request-id"] ?? head.headers["x-amzn-requestid"] }

private let withoutMessage = "without a message"

extension AWSError {
    /// Whether the answer had no error document.
    var hasNoDocument: Bool { message.hasSuffix(withoutMessage) || message.hasPrefix(unparsedMessage) }
}
