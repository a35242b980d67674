/// The AWS services in use.
package enum AWSService: String, Sendable, CaseIterable {
    case s3
    case sqs
    case sts
    case sns
    case eventBridge = "events"

    /// The display name.
    package var name: String {
        switch self {
        case .s3: "S3"
        case .sqs: "SQS"
        case .sts: "STS"
        case .sns: "SNS"
        case .eventBridge: "EventBridge"
        }
    }

    /// The name in a signature's credential scope and in regional host names.
    var signingName: String { rawValue }

    /// The name in variables and in the shared files, in lowercase (AWS SDKs and Tools Reference Guide,
    /// "Identifiers for service-specific endpoints").
    var settingName: String { name.lowercased() }
}
