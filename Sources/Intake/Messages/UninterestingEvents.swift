/// The events that are acknowledged without work: none of them stands for an object that was created. The lists are
/// closed: what is on none of them is unreadable, and ends in the dead-letter queue.
enum UninterestingEvents {
    /// Names of S3's own events, without `s3:`; a family ends in a colon (Amazon S3 User Guide, "Supported event types
    /// for SQS, SNS, and Lambda").
    private static let s3 = [
        "ObjectRemoved:", "ObjectRestore:", "ReducedRedundancyLostObject", "Replication:", "LifecycleExpiration:",
        "LifecycleTransition", "IntelligentTiering", "ObjectTagging:", "ObjectAcl:",
    ]

    static func hasS3(_ name: String) -> Bool {
        s3.contains { $0.hasSuffix(":") ? name.utf8.starts(with: $0.utf8) : name == $0 }
    }

    /// Detail types of EventBridge (Amazon S3 User Guide, "EventBridge event message structure").
    static let eventBridge: Set<String> = [
        "Object Deleted", "Object Restore Initiated", "Object Restore Completed", "Object Restore Expired",
        "Object Tags Added", "Object Tags Deleted", "Object ACL Updated", "Object Storage Class Changed",
        "Object Access Tier Changed",
    ]

    /// Calls that read, delete, or change what is not an object's content (Amazon S3 User Guide, "Amazon S3 CloudTrail
    /// events").
    private static let calls: Set<String> = [
        "PutObjectTagging", "PutObjectAcl", "PutObjectRetention", "PutObjectLegalHold", "CreateMultipartUpload",
        "UploadPart", "UploadPartCopy", "AbortMultipartUpload", "RestoreObject", "SelectObjectContent", "CreateSession",
    ]
    private static let readingOrDeleting = ["Get", "Head", "List", "Delete"]

    static func hasCall(_ name: String) -> Bool {
        calls.contains(name) || readingOrDeleting.contains { name.utf8.starts(with: $0.utf8) }
    }
}
