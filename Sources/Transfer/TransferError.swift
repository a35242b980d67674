package import AWS
package import Support

/// Why an object's bytes, or the object itself, could not be brought where they should go.
package enum TransferError: Error, Sendable, CustomStringConvertible {
    /// The object version is not there (any more).
    case gone
    /// Another version stands under the key now.
    case superseded
    /// It will not work however often it is tried; the text says what to do.
    case refused(String)
    /// The spool can't take the bytes: a full disk, a missing folder.
    case spool(SystemError, hint: String)
    /// The store's answer does not fit what was asked for, and went on not fitting.
    case untrustworthy(String)
    /// The bytes at the destination are not those of the source.
    case unproven(String)
    /// Other bytes than those that were inspected were copied, though the ETag is the same; the copy is not there any more.
    case otherBytes(String)
    case store(AWSError)
    /// The right to go on with the job was lost meanwhile; the cause says how.
    case stopped(any Error)

    package var description: String {
        switch self {
        case .gone: "the object is not there any more"
        case .superseded: "the object was overwritten meanwhile"
        case .refused(let reason), .otherBytes(let reason): reason
        case .spool(let error, let hint): "spool: \(error); \(hint)"
        case .untrustworthy(let reason):
            "S3's answer can't be trusted: \(reason). Check the endpoint, and any proxy or cache before it"
        case .unproven(let reason):
            "S3 CopyObject: the copy is not proven: \(reason). The source stays; see who else writes to the destination"
        case .store(let error) where error.status == 403 && readings.contains(error.operation ?? ""):
            "\(error) Who lacks s3:ListBucket is told this of an object that is gone, too."
        case .store(let error): "\(error)"
        case .stopped(let cause): "\(cause)"
        }
    }
}

private let readings: Set<String> = ["GetObject", "HeadObject"]

/// S3 says so of a GET, a HEAD or a copy that brings no key for an object that was uploaded with one.
private func isOfCustomerKey(_ message: String) -> Bool {
    let message = message.lowercased()
    return message.contains("server side encryption") && message.contains("parameters must be provided")
}

extension TransferError {
    /// What an error of a read, a copy or a delete of a pinned object means for its job.
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
        case "InvalidRequest" where isOfCustomerKey(error.message):
            self = .refused(
                "the object is encrypted with a key that only the uploader has (SSE-C), so it can't be read: upload it with encryption by S3 or KMS"
            )
        default:
            // Of a delete marker. Any other 404 or 405 may come from a server that is no S3, and is no word about the object.
            if error.status == 405 && error.kind == .notFound {
                self = .gone
            } else if error.status == 412 {
                self = .superseded
            } else {
                self = .store(error)
            }
        }
    }
}
