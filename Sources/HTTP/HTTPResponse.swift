/// The status and headers of a response.
package struct HTTPHead: Sendable {
    package let status: Int
    package let headers: HTTPHeaders

    package init(status: Int, headers: HTTPHeaders) {
        self.status = status
        self.headers = headers
    }

    package var isSuccess: Bool { (200...299).contains(status) }
}

/// A complete response. The body is empty if it went to a sink.
package struct HTTPResponse: Sendable {
    package let head: HTTPHead
    package let body: [UInt8]

    package init(head: HTTPHead, body: [UInt8]) {
        self.head = head
        self.body = body
    }
}

/// Receives a response's body as it arrives. Called on the HTTP thread, in order: `begin` once, then `receive` for each
/// piece. Each call blocks all other requests, so it must be short. An error thrown here ends the request with that
/// error.
package protocol HTTPBodySink: AnyObject, Sendable {
    func begin(_ head: HTTPHead) throws
    /// The bytes are valid only during the call.
    func receive(_ bytes: UnsafeRawBufferPointer) throws
}
