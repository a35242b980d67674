internal import HTTP

/// One try of a call that failed: what would be thrown, and what of it decides on a retry.
struct FailedTry: Error {
    let failure: CallFailure
    let retry: RetryFailure
    /// The credentials that the service will not have (any more).
    var refused: Credentials?

    init(failure: CallFailure, retry: RetryFailure) {
        self.failure = failure
        self.retry = retry
    }

    /// A try that got no whole answer.
    init(_ error: any Error, of call: AWSCall) {
        switch error {
        case let error as AWSError:
            failure = .call(error.placed(in: call))
            retry = RetryFailure(error.isRetryable ? .transient : .final)
        case let error as HTTPError:
            let error = AWSError(call, error)
            failure = .call(error)
            let cause: RetryFailure.Cause =
                !error.isRetryable ? .final : error.kind == .timedOut ? .timedOut : .transient
            retry = RetryFailure(cause, needsFreshConnection: true)
        case is CancellationError:
            failure = .call(AWSError(cancelled: call))
            retry = RetryFailure(.final)
        case let error as BodyRejected:
            failure = .sink(error)
            retry = RetryFailure(error.isTransient ? .transient : .final, needsFreshConnection: true)
        default:
            failure = .sink(error)
            retry = RetryFailure(.final)
        }
    }
}

/// Thrown by a sink that will not have a body. A transient one is tried again by policy, on a connection of its own, and comes out
/// as it is where that does not help.
package struct BodyRejected: Error, Sendable {
    package let reason: String
    package let isTransient: Bool

    package init(reason: String, isTransient: Bool) {
        self.reason = reason
        self.isTransient = isTransient
    }
}

extension AWSError {
    /// An error of ours about an answer.
    init(_ call: AWSCall, kind: Kind, code: String, message: String, head: HTTPHead? = nil, isRetryable: Bool? = nil) {
        self.init(
            kind: kind, code: code, service: call.service, operation: call.operation, status: head?.status,
            requestID: head.flatMap { AWS.requestID($0) }, extendedRequestID: head?.headers["x-amz-id-2"],
            message: message,
            hint: AWS.hint(kind: kind, code: code, region: call.signer.region), isRetryable: isRetryable)
    }

    init(cancelled call: AWSCall) {
        self.init(call, kind: .cancelled, code: "Cancelled", message: "the call was cancelled")
    }

    init(_ call: AWSCall, _ error: HTTPError) {
        self.init(
            kind: Kind(error.code), code: error.code.rawValue, service: call.service, operation: call.operation,
            message: "\(error.operation): \(error.message)", hint: error.hint, isRetryable: error.isTransient)
    }

    /// What the service said in an answer that is not 2xx.
    init(_ call: AWSCall, refusedWith response: HTTPResponse) {
        let said: ServiceError =
            switch call.service {
            case .s3, .sts: ServiceError(xml: response)
            case .sqs: ServiceError(json: response)
            }
        self.init(call, said, head: response.head)
    }

    init(_ call: AWSCall, _ said: ServiceError, head: HTTPHead) {
        let code = said.code ?? codeOfStatus(head.status)
        var message = said.message ?? "the service answered \(head.status) without a message"
        if let region = said.region ?? head.headers["x-amz-bucket-region"], region != call.signer.region {
            message += " (it is in the region \(region))"
        }
        var kind = Kind(code: code, status: head.status)
        // Of a version that is a delete marker there is nothing to read.
        if head.status == 405, head.headers["x-amz-delete-marker"] == "true" { kind = .notFound }
        self.init(
            kind: kind, code: code, service: call.service, operation: call.operation, status: head.status,
            requestID: said.requestID ?? AWS.requestID(head), extendedRequestID: head.headers["x-amz-id-2"],
            message: message, hint: AWS.hint(kind: kind, code: code, region: call.signer.region))
    }

    fileprivate func placed(in call: AWSCall) -> AWSError {
        AWSError(
            kind: kind, code: code, service: service ?? call.service, operation: operation ?? call.operation,
            status: status,
            requestID: requestID, extendedRequestID: extendedRequestID, message: message, hint: hint,
            isRetryable: isRetryable)
    }
}

func requestID(_ head: HTTPHead) -> String? { head.headers["x-amz-request-id"] ?? head.headers["x-amzn-requestid"] }
