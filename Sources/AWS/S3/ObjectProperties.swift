/// The properties of an object that is written. S3 keeps none of an earlier state.
package struct ObjectProperties: Sendable, Hashable {
    package var contentType: String?
    package var cacheControl: String?
    package var contentDisposition: String?
    package var contentEncoding: String?
    package var contentLanguage: String?
    package var expires: String?
    package var websiteRedirect: String?
    /// At most 2 KB, names and values together.
    package var metadata: [MetadataItem]

    package init(
        contentType: String? = nil, cacheControl: String? = nil, contentDisposition: String? = nil,
        contentEncoding: String? = nil, contentLanguage: String? = nil, expires: String? = nil,
        websiteRedirect: String? = nil, metadata: [MetadataItem] = []
    ) {
        self.contentType = contentType
        self.cacheControl = cacheControl
        self.contentDisposition = contentDisposition
        self.contentEncoding = contentEncoding
        self.contentLanguage = contentLanguage
        self.expires = expires
        self.websiteRedirect = websiteRedirect
        self.metadata = metadata
    }

    /// The properties of an object that was read.
    package init(_ head: ObjectHead) {
        self.init(
            contentType: head.contentType, cacheControl: head.cacheControl, contentDisposition: head.contentDisposition,
            contentEncoding: head.contentEncoding, contentLanguage: head.contentLanguage, expires: head.expires,
            websiteRedirect: head.websiteRedirect, metadata: head.metadata)
    }

    func add(to call: inout AWSCall) {
        call.addHeader("content-type", contentType)
        call.addHeader("cache-control", cacheControl)
        call.addHeader("content-disposition", contentDisposition)
        call.addHeader("content-encoding", contentEncoding)
        call.addHeader("content-language", contentLanguage)
        call.addHeader("expires", expires)
        call.addHeader("x-amz-website-redirect-location", websiteRedirect)
        for item in metadata { call.headers.append(item.header) }
    }
}

/// A tag of an object.
package struct Tag: Sendable, Hashable {
    package let key: String
    package let value: String

    package init(key: String, value: String) {
        self.key = key
        self.value = value
    }

    /// `a=1&b=2`, the form of `x-amz-tagging`.
    static func headerValue(_ tags: [Tag]) -> String {
        tags.map { "\(PercentEncoding.component($0.key))=\(PercentEncoding.component($0.value))" }.joined(
            separator: "&")
    }
}
