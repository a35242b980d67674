package import Domain

/// How much an uploader may send. What is beyond it is rejected without being fetched or scanned.
package struct Quota: Sendable, Equatable {
    /// Which objects share a quota.
    package enum Subject: String, CaseIterable, Sendable {
        /// Those with the same first segment of the key after the pipeline's prefix: `ana` of `uploads/ana/a.png`.
        /// Objects without a slash there share one.
        case firstSegment = "first-segment"
        /// All of the pipeline.
        case pipeline
    }

    package let subject: Subject
    package let objectsPerHour: Int64?
    package let bytesPerDay: Int64?

    package init(by subject: Subject, objectsPerHour: Int64?, bytesPerDay: Int64?) {
        self.subject = subject
        self.objectsPerHour = objectsPerHour
        self.bytesPerDay = bytesPerDay
    }
}

extension Pipeline {
    /// Whose quota an object takes.
    package func quotaSubject(of key: ObjectKey) -> String {
        switch accept.quota?.subject {
        case .firstSegment: uploader(of: key)
        case .pipeline, nil: ""
        }
    }

    /// The first segment of the key after the pipeline's prefix; empty if there is no slash.
    package func uploader(of key: ObjectKey) -> String {
        let rest = match.rest(of: key) ?? key.text
        guard let slash = rest.utf8.firstIndex(of: UInt8(ascii: "/")) else { return "" }
        return String(rest[..<slash])
    }
}
