internal import HTTP
internal import Support

/// Takes an object's bytes as they come. Called on the HTTP thread, in order; both must be short.
package protocol ObjectSink: AnyObject, Sendable {
    /// Each try that is answered well starts with this: what an earlier one brought is void.
    func begin(_ head: ObjectHead) throws
    /// The bytes are valid only during the call.
    func receive(_ bytes: UnsafeRawBufferPointer) throws
}

/// Makes a sink of HTTP out of a sink of objects, and keeps what the last try's head said.
final class ObjectBody: HTTPBodySink {
    private let sink: any ObjectSink
    private let last = Locked<ObjectHead?>(nil)

    init(_ sink: any ObjectSink) { self.sink = sink }

    var head: ObjectHead? { last.withLock { $0 } }

    func begin(_ head: HTTPHead) throws {
        // A body without an announced end is whole wherever the connection breaks: nobody could tell that it is not.
        guard head.headers["content-length"] != nil || head.headers["transfer-encoding"] != nil else {
            throw BodyRejected(reason: "the answer does not say how long it is", isTransient: true)
        }
        let object = ObjectHead(head)
        last.withLock { $0 = object }
        try sink.begin(object)
    }

    func receive(_ bytes: UnsafeRawBufferPointer) throws { try unsafe sink.receive(bytes) }
}
