import Domain

/// The `detail` of an `AWS API Call via CloudTrail` event: the record of a call to S3 (AWS CloudTrail User Guide,
/// "CloudTrail record contents"; Amazon S3 User Guide, "Amazon S3 CloudTrail events"). Its key is not encoded. It has
/// neither size, ETag nor sequencer, and a version id only in a bucket with versions: the call's own id identifies the
/// upload.
struct CloudTrailDetail: Decodable {
    static let detailType = "AWS API Call via CloudTrail"

    let eventSource: String?
    let eventName: String?
    let eventTime: String?
    let eventID: String?
    let requestID: String?
    let errorCode: String?
    let sourceIPAddress: String?
    let userIdentity: Identity?
    let requestParameters: Parameters?
    let responseElements: Answer?

    struct Identity: Decodable {
        let arn: String?
        let principalId: String?
    }

    struct Parameters: Decodable {
        let bucketName: String?
        let key: String?
    }

    struct Answer: Decodable {
        let versionID: String?

        private enum CodingKeys: String, CodingKey {
            case versionID = "x-amz-version-id"
        }
    }

    /// - Parameter eventID: of the enclosing event, for a record without an id of its own.
    func read(eventID outer: String?) throws(Unreadable) -> MessageBody.Record {
        guard eventSource == "s3.amazonaws.com" else { throw Unreadable("a call to \(eventSource ?? "no service")") }
        guard let eventName else { throw Unreadable("an API call without eventName") }
        let name: String
        switch eventName {
        case "PutObject": name = "ObjectCreated:Put"
        case "PostObject": name = "ObjectCreated:Post"
        case "CopyObject": name = "ObjectCreated:Copy"
        case "CompleteMultipartUpload": name = "ObjectCreated:CompleteMultipartUpload"
        case let other where UninterestingEvents.hasCall(other): return .ignored(name: other.cut(toBytes: 128))
        default: throw Unreadable("an API call that is not known: \(eventName)")
        }
        // A call that failed created nothing.
        if errorCode != nil { return .ignored(name: "\(eventName), which failed") }
        guard let key = requestParameters?.key else { throw Unreadable("a \(eventName) call without a key") }
        return .created(
            try Event(
                bucket: requestParameters?.bucketName, key: key, versionID: responseElements?.versionID,
                time: eventTime,
                name: name,
                uploader: Uploader(
                    principal: userIdentity?.principalId ?? userIdentity?.arn, sourceIP: sourceIPAddress,
                    requestID: eventID ?? outer ?? requestID)))
    }
}
