internal import HTTP

extension AWSError.Kind {
    /// Classifies a service's error code or, if the code is unknown, the status (AWS SDKs and Tools Reference Guide,
    /// "Retry behavior"; Amazon S3 API Reference, "Error responses"; Amazon SQS API Reference, "Common errors").
    init(code: String, status: Int) {
        if let known = Self.known[code] {
            self = known
            return
        }
        switch status {
        case 429: self = .throttled
        case 408, 500, 502, 503, 504: self = .transient
        case 401: self = .credentials
        case 403: self = .denied
        case 404: self = .notFound
        case 409: self = .conflict
        case 412: self = .preconditionFailed
        case 501: self = .invalid
        case 500...: self = .transient
        default: self = .invalid
        }
    }

    /// Classifies the error of an entry of a batch.
    ///
    /// - Parameter isSenderFault: whether the entry itself is wrong, as far as the service says.
    init(code: String, isSenderFault: Bool) { self.init(code: code, status: isSenderFault ? 400 : 500) }

    /// Classifies the error of a request that received no complete response.
    init(_ code: HTTPError.Code) {
        switch code {
        case .timedOut, .stalled: self = .timedOut
        case .connectFailed, .tls: self = .unreachable
        case .connectionLost, .truncated, .unavailable: self = .transient
        case .protocolViolation, .tooLarge, .invalidRequest: self = .invalid
        case .shutdown: self = .cancelled
        }
    }

    private static let known: [String: AWSError.Kind] = {
        var known: [String: AWSError.Kind] = [:]
        for (kind, codes) in codes { for code in codes { known[code] = kind } }
        return known
    }()

    private static let codes: [(AWSError.Kind, [String])] = [
        (
            .throttled,
            [
                "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottledException",
                "RequestThrottled",
                "TooManyRequestsException", "TooManyRequests", "ProvisionedThroughputExceededException",
                "TransactionInProgressException", "RequestLimitExceeded", "BandwidthLimitExceeded",
                "LimitExceededException",
                "SlowDown", "PriorRequestNotComplete", "EC2ThrottledException", "OverLimit", "KMSThrottledException",
                "KmsThrottled",
            ]
        ),
        (
            .transient,
            [
                "RequestTimeout", "RequestTimeoutException", "InternalError", "InternalFailure", "InternalServerError",
                "InternalException",
                "ServiceUnavailable", "ServiceUnavailableException", "OperationAborted", "IDPCommunicationError",
            ]
        ),
        (.skewed, ["RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture"]),
        (
            .credentials,
            [
                "InvalidAccessKeyId", "InvalidClientTokenId", "UnrecognizedClientException", "ExpiredToken",
                "ExpiredTokenException", "TokenRefreshRequired", "InvalidToken", "SignatureDoesNotMatch",
                "InvalidSignatureException", "IncompleteSignature", "MissingAuthenticationToken",
                "MissingAuthenticationTokenException", "NotSignedUp", "OptInRequired", "AuthFailure", "InvalidSecurity",
                "InvalidIdentityToken", "InvalidIdentityTokenException",
            ]
        ),
        (
            .denied,
            [
                "AccessDenied", "AccessDeniedException", "AllAccessDisabled", "AccountProblem", "InvalidObjectState",
                "KmsAccessDenied", "KMS.AccessDeniedException", "AuthorizationError", "NotAuthorizedForSourceException",
            ]
        ),
        (
            .notFound,
            [
                "NoSuchKey", "NoSuchVersion", "NoSuchBucket", "NotFound", "QueueDoesNotExist",
                "AWS.SimpleQueueService.NonExistentQueue", "NonExistentQueue", "NoSuchUpload", "NoSuchTagSet",
                "ResourceNotFoundException",
            ]
        ),
        (.preconditionFailed, ["PreconditionFailed", "ConditionalRequestConflict"]),
        (.conflict, ["BucketNotEmpty", "InvalidBucketState", "PurgeQueueInProgress"]),
    ]
}

/// Codes that a wrong clock can cause, besides their usual meaning.
let possibleClockSkewCodes: Set<String> = [
    "SignatureDoesNotMatch", "InvalidSignatureException", "AuthFailure", "Forbidden", "AccessDenied",
]

/// Codes for credentials that have expired, or that the service does not know (yet).
let expiredCredentialCodes: Set<String> = [
    "ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "InvalidToken", "InvalidClientTokenId",
    "InvalidAccessKeyId", "UnrecognizedClientException", "SignatureDoesNotMatch", "InvalidSignatureException",
]

/// Returns a code for a response without one, such as any response to HEAD.
func errorCode(forStatus status: Int) -> String {
    switch status {
    case 301, 307, 308: "MovedElsewhere"
    case 304: "NotModified"
    case 400: "BadRequest"
    case 401: "Unauthorized"
    case 403: "Forbidden"
    case 404: "NotFound"
    case 405: "MethodNotAllowed"
    case 409: "Conflict"
    case 412: "PreconditionFailed"
    case 416: "InvalidRange"
    case 429: "TooManyRequests"
    case 500: "InternalError"
    case 503: "ServiceUnavailable"
    default: "HTTP\(status)"
    }
}

/// Returns how to fix an error of a service.
func hint(kind: AWSError.Kind, code: String, region: String) -> String {
    switch (kind, code) {
    case (.notFound, "NoSuchBucket"): return "Check the bucket's name, the account and the endpoint."
    case (.notFound, let code) where code.contains("Queue"): return "Check the queue's URL, the region and the account."
    case (.notFound, _): return "Check the name; if it existed a moment ago, something else deleted it."
    case (.credentials, let code) where code.contains("Expired") || code == "TokenRefreshRequired":
        return "The session token has expired: get new credentials."
    case (.credentials, let code) where code.contains("IdentityToken"):
        return "Check that the token file is kept up to date, and that the role trusts the token's issuer and audience."
    case (.credentials, let code) where code.contains("Signature"):
        return "Check AWS_SECRET_ACCESS_KEY, and that no proxy changes the requests."
    case (.credentials, _): return "Check AWS_ACCESS_KEY_ID, and that it belongs to this account and partition."
    case (.denied, "InvalidObjectState"): return "The object is archived: restore it first."
    case (.denied, _):
        return
            "Allow the operation on this resource in the policies of the identity, the resource and its KMS key; an Object Lock forbids deletion too."
    case (.throttled, _): return "Lower the concurrency, or request a higher quota."
    case (.transient, _), (.timedOut, _): return "Try again later; the service's status page may say more."
    case (.unreachable, _): return "Check the endpoint, the region and the network."
    case (.preconditionFailed, _): return "The object was replaced meanwhile: check its current state."
    case (.conflict, _): return "Try again when the other operation has finished."
    case (.skewed, _): return "Set this machine's clock: it is off by more than the service accepts."
    case (.cancelled, _): return "Nothing to do: the caller cancelled it."
    case (.invalid, "MovedElsewhere"), (.invalid, "PermanentRedirect"), (.invalid, "AuthorizationHeaderMalformed"),
        (.invalid, "IllegalLocationConstraintException"):
        return "The resource is not in the region \(region): set AWS_REGION to its region."
    case (.invalid, _): return "Read the message: the service does not accept this request."
    }
}
