/// The AWS services in use.
package enum AWSService: String, Sendable, CaseIterable {
    case s3
    case sqs
    case sts

    /// The display name.
    package var name: String {
        switch self {
        case .s3: "S3"
        case .sqs: "SQS"
        case .sts: "STS"
        }
    }

    /// The name in a signature's credential scope and in regional host names.
    var signingName: String { rawValue }
}
