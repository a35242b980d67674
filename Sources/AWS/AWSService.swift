/// The services that are spoken to.
package enum AWSService: String, Sendable, CaseIterable {
    case s3
    case sqs
    case sts

    /// As people write it.
    package var name: String {
        switch self {
        case .s3: "S3"
        case .sqs: "SQS"
        case .sts: "STS"
        }
    }

    /// In the credential scope of a signature, and at the front of a regional host.
    var signingName: String { rawValue }
}
