internal import HTTP

extension AWSError.Kind {
    /// What a service's code means, and where that is not known, its status (AWS SDKs and Tools Reference Guide, "Retry
    /// behavior"; Amazon S3 API Reference, "Error responses"; Amazon SQS API Reference, "Common errors").
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
        case 500...: self = .transient
        default: self = .invalid
        }
    }

    /// What a request that got no whole answer amounts to.
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
                "KmsAccessDenied", "KMS.AccessDeniedException",
            ]
        ),
        (
            .notFound,
            [
                "NoSuchKey", "NoSuchVersion", "NoSuchBucket", "NotFound", "QueueDoesNotExist",
                "AWS.SimpleQueueService.NonExistentQueue", "NonExistentQueue", "NoSuchUpload", "NoSuchTagSet",
            ]
        ),
        (.preconditionFailed, ["PreconditionFailed", "ConditionalRequestConflict"]),
        (.conflict, ["BucketNotEmpty", "InvalidBucketState", "PurgeQueueInProgress"]),
    ]
}

/// Codes that a wrong clock causes too, besides what they say.
let codesOfAnyWrongSignature: Set<String> = [
    "SignatureDoesNotMatch", "InvalidSignatureException", "AuthFailure", "Forbidden", "AccessDenied",
]

/// Codes of credentials that were good and are no more, or that the service has not heard of (yet).
let codesOfOldCredentials: Set<String> = [
    "ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "InvalidToken", "InvalidClientTokenId",
    "InvalidAccessKeyId", "UnrecognizedClientException",
]

/// A code for an answer that names none, as answers to HEAD never do.
func codeOfStatus(_ status: Int) -> String {
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

/// What to do about an error of a service.
func hint(kind: AWSError.Kind, code: String, region: String) -> String {
    switch (kind, code) {
    case (.notFound, "NoSuchBucket"): return "Check the bucket's name, the account and the endpoint."
    case (.notFound, let code) where code.contains("Queue"): return "Check the queue's URL, the region and the account."
    case (.notFound, _): return "Check the name; if it was there a moment ago, somebody else removed it."
    case (.credentials, let code) where code.contains("Expired") || code == "TokenRefreshRequired":
        return "The session token ran out: get new credentials."
    case (.credentials, let code) where code.contains("IdentityToken"):
        return "Check that the token's file is kept new, and that the role trusts the token's issuer and audience."
    case (.credentials, let code) where code.contains("Signature"):
        return "Check AWS_SECRET_ACCESS_KEY, and that nothing in between changes requests."
    case (.credentials, _): return "Check AWS_ACCESS_KEY_ID, and that it belongs to this account and partition."
    case (.denied, "InvalidObjectState"): return "The object is archived: restore it first."
    case (.denied, _):
        return
            "Allow the operation on this resource in the policies of the identity, the resource and its KMS key; an Object Lock forbids deletion too."
    case (.throttled, _): return "Lower the concurrency, or ask for a higher quota."
    case (.transient, _), (.timedOut, _): return "Try again later; the service's own state page may say more."
    case (.unreachable, _): return "Check the endpoint, the region and the network."
    case (.preconditionFailed, _): return "The object was replaced meanwhile: look at its present state."
    case (.conflict, _): return "Try again once the other operation is over."
    case (.skewed, _): return "Set this machine's clock: it is off by more than the service accepts."
    case (.cancelled, _): return "Nothing to do: it was asked for."
    case (.invalid, "MovedElsewhere"), (.invalid, "PermanentRedirect"), (.invalid, "AuthorizationHeaderMalformed"),
        (.invalid, "IllegalLocationConstraintException"):
        return "The resource is not in the region \(region): set AWS_REGION to its own."
    case (.invalid, _): return "Read the message; the request does not fit what the service takes."
    }
}
