package import AWS
package import Support

/// The reason why an object could not be fetched, copied or deleted.
package enum TransferError: Error, Sendable, CustomStringConvertible {
    /// The object version does not exist (any more).
    case gone
    /// The version is a delete marker.
    case deleteMarker
    /// The key has another version now.
    case superseded
    /// No retry will succeed; the text says what to do.
    case refused(String)
    /// The spool can't hold the bytes: a full disk, a missing folder.
    case spool(SystemError, hint: String)
    /// The store's answer does not match the request, after all retries.
    case untrustworthy(String)
    /// The bytes at the destination are not those of the source.
    case unverified(String)
    /// S3 copied, or returned, other bytes than were inspected, under the same ETag. No copy of them remains.
    case mismatchedBytes(String)
    case store(AWSError)
    /// The attempt lost its lease or claim, for this cause.
    case stopped(any Error)

    package var description: String {
        switch self {
        case .gone: "the object does not exist any more"
        case .deleteMarker: "the version is a delete marker"
        case .superseded: "the object was overwritten meanwhile"
        case .refused(let reason), .mismatchedBytes(let reason): reason
        case .spool(let error, let hint): "spool: \(error); \(hint)"
        case .untrustworthy(let reason):
            "S3's answer can't be trusted: \(reason). Check the endpoint, and any proxy or cache before it"
        case .unverified(let reason):
            "S3 CopyObject: the copy could not be verified: \(reason). The source stays; check who else writes to the destination"
        case .store(let error) where error.status == 403 && readOperations.contains(error.operation ?? ""):
            "\(error) S3 also answers 403 for a missing object if the caller lacks s3:ListBucket."
        case .store(let error): "\(error)"
        case .stopped(let cause): "\(cause)"
        }
    }
}

private let readOperations: Set<String> = ["GetObject", "HeadObject"]

/// Recognises the answer to a request without the customer key that the object was uploaded with.
private func isOfCustomerKey(_ message: String) -> Bool {
    let message = message.lowercased()
    return message.contains("server side encryption") && message.contains("parameters must be provided")
}

/// Whether a read fails because of the key that the object is encrypted with, and will fail again. Of a copy it is
/// unknown whether the source's key or the destination's is meant, and a throttled KMS answers later.
private func isLasting(_ code: String, _ error: AWSError) -> Bool {
    guard readOperations.contains(error.operation ?? "") else { return false }
    return lastingKeyErrors.contains(code) || (code == "AccessDenied" && error.message.contains("kms:Decrypt"))
}

extension AWSError {
    /// Whether KMS refuses a key, and will refuse it again.
    package var isLastingKeyRefusal: Bool {
        lastingKeyErrors.contains(code) || (code == "AccessDenied" && message.contains("kms:"))
    }
}

private let lastingKeyErrors: Set<String> = [
    "KMS.DisabledException", "KMS.NotFoundException", "KMS.InvalidStateException", "KMS.KMSInvalidStateException",
    "KMS.InvalidKeyUsageException",
]

extension TransferError {
    /// The meaning of an error of a read, copy or delete of a pinned object.
    init(_ error: any Error) {
        switch error {
        case let error as TransferError: self = error
        case let error as BodyRejected: self = .untrustworthy(error.reason)
        case let error as AWSError: self.init(aws: error)
        case let error as SystemError:
            self = .spool(error, hint: "free some space or give `--spool` a folder on a larger disk")
        default: self = .untrustworthy("\(error)")
        }
    }

    private init(aws error: AWSError) {
        switch error.code {
        case "NoSuchKey", "NoSuchVersion": self = .gone
        case "InvalidObjectState":
            self = .refused("the object is archived (\(error.message)): restore it, then replay the job")
        case let code where isLasting(code, error):
            self = .refused(
                "the object is encrypted with a KMS key that can't be used (\(error.message)): enable the key or grant kms:Decrypt, then replay the job"
            )
        case "InvalidRequest" where isOfCustomerKey(error.message):
            self = .refused(
                "the object is encrypted with a key that only the uploader has (SSE-C), so it can't be read: upload it with encryption by S3 or KMS"
            )
        default:
            // A delete marker. Any other 404 or 405 may come from a server that is not S3, and is not about the object.
            if error.status == 405 && error.kind == .notFound {
                self = .deleteMarker
            } else if error.status == 412 {
                self = .superseded
            } else {
                self = .store(error)
            }
        }
    }
}
