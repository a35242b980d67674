internal import AWS
internal import Transfer

/// A failure of S3 that may be the service's, and not the object's.
enum StoreFault: String, Hashable, Sendable, CaseIterable {
    /// No connection.
    case unreachable
    /// Expired, unknown or missing credentials.
    case credentials
    /// 503 SlowDown and its like.
    case throttled
    /// 5xx, or no answer in time.
    case failing
    case denied
    case missingBucket
    /// KMS is not available, or refuses the key.
    case keyUnavailable

    /// Returns nil for an error that is about the object, or about this worker.
    init?(_ error: any Error) {
        let cause: AWSError
        switch error {
        case TransferError.store(let error): cause = error
        case let error as AWSError: cause = error
        default: return nil
        }
        if cause.kind == .cancelled { return nil }
        // Without STS there are no credentials, whatever it answers.
        if cause.service == .sts {
            self = .credentials
            return
        }
        if cause.service != nil, cause.service != .s3, cause.kind != .credentials { return nil }
        switch (cause.kind, cause.code) {
        case (_, "NoSuchBucket"): self = .missingBucket
        case (_, let code) where code.hasPrefix("KMS.") || code.hasPrefix("Kms"): self = .keyUnavailable
        case (.credentials, _), (.skewed, _): self = .credentials
        case (.unreachable, _): self = .unreachable
        case (.throttled, _): self = .throttled
        case (.transient, _), (.timedOut, _): self = .failing
        // An archived object: S3 answers 403 for it alone.
        case (.denied, "InvalidObjectState"): return nil
        case (.denied, _): self = .denied
        case (.notFound, _), (.preconditionFailed, _), (.conflict, _), (.invalid, _), (.cancelled, _): return nil
        }
    }

    /// Whether all of S3 is concerned, and not one bucket, if all buckets are used with one identity in one region.
    var concernsAllOfS3: Bool {
        switch self {
        case .unreachable, .credentials: true
        case .throttled, .failing, .denied, .missingBucket, .keyUnavailable: false
        }
    }

    /// Whether it is the same at each try until somebody changes a permission or a key.
    var isLasting: Bool {
        switch self {
        case .denied, .keyUnavailable: true
        case .unreachable, .credentials, .throttled, .failing, .missingBucket: false
        }
    }

    /// How many jobs have to meet it, with no success in between, until it is taken for the service's. One is enough
    /// if no object can cause it.
    var threshold: Int {
        switch self {
        case .unreachable, .credentials, .throttled, .missingBucket: 1
        case .failing, .denied, .keyUnavailable: 3
        }
    }
}

/// The part of S3 that a step of a job uses: its failures and successes are counted together.
struct StoreUse: Hashable, Sendable {
    enum Access: String, Hashable, Sendable {
        /// HEAD.
        case look
        /// GET.
        case read
        /// Delete and tag.
        case change
        /// The destination of a copy.
        case write
    }

    let pipeline: String
    let bucket: String
    let access: Access
}
