internal import HTTP
internal import Support

/// Receives an object's bytes. Called on the HTTP thread, in order; both methods must be fast.
package protocol ObjectSink: AnyObject, Sendable {
    /// Starts a successful try; the bytes of earlier tries are void.
    func begin(_ head: ObjectHead) throws
    /// The bytes are valid only during the call.
    func receive(_ bytes: UnsafeRawBufferPointer) throws
}

/// Adapts an `ObjectSink` to HTTP, and keeps the head of the last try.
final class ObjectBody: HTTPBodySink {
    private let sink: any ObjectSink
    private let last = Locked<ObjectHead?>(nil)

    init(_ sink: any ObjectSink) { self.sink = sink }

    var head: ObjectHead? { last.withLock { $0 } }

    func begin(_ head: HTTPHead) throws {
        // A body without an announced end would look complete wherever the connection breaks.
        guard head.headers["content-length"] != nil || head.headers["transfer-encoding"] != nil else {
            throw BodyRejected(reason: "the answer does not say how long it is", isTransient: true)
        }
        let object = ObjectHead(head)
        last.withLock { $0 = object }
        try sink.begin(object)
    }

    func receive(_ bytes: UnsafeRawBufferPointer) throws { try unsafe sink.receive(bytes) }
}
