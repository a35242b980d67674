package import Domain

/// What S3 said of an object when it was judged. Its texts are the uploader's: nothing is decided by them.
package struct ObjectFacts: Sendable, Equatable {
    /// The most bytes that are kept of each text; S3 itself takes 2 KB of metadata and ten tags.
    package static let longest = 8192

    /// JSON objects of texts; nil if there are none or they are longer.
    package let userMetadata: String?
    package let userTags: String?
    package let contentDisposition: String?
    package let lastModified: Timestamp?

    package init(
        userMetadata: String? = nil, userTags: String? = nil, contentDisposition: String? = nil,
        lastModified: Timestamp? = nil
    ) {
        func bounded(_ text: String?) -> String? { text.flatMap { $0.utf8.count <= Self.longest ? $0 : nil } }
        self.userMetadata = bounded(userMetadata)
        self.userTags = bounded(userTags)
        self.contentDisposition = bounded(contentDisposition)
        self.lastModified = lastModified
    }
}
