/// What stands before a body.
package struct HTTPHead: Sendable {
    package let status: Int
    package let headers: HTTPHeaders

    package init(status: Int, headers: HTTPHeaders) {
        self.status = status
        self.headers = headers
    }

    package var isSuccess: Bool { (200...299).contains(status) }
}

/// A whole answer. The body is empty where a sink took it.
package struct HTTPResponse: Sendable {
    package let head: HTTPHead
    package let body: [UInt8]

    package init(head: HTTPHead, body: [UInt8]) {
        self.head = head
        self.body = body
    }
}

/// Takes a body as it comes. Called on the HTTP thread, in order: `begin` once, then `receive` for each piece. While one of
/// these runs, no other transfer moves, so they must be short. What they throw ends the transfer with that error.
package protocol HTTPBodySink: AnyObject, Sendable {
    func begin(_ head: HTTPHead) throws
    /// The bytes are valid only during the call.
    func receive(_ bytes: UnsafeRawBufferPointer) throws
}
