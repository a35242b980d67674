/// HTTP/1.1 over libcurl. All transfers run on one thread of their own and share its pool of connections, so that no request
/// blocks a thread of Swift's cooperative pool. TLS is 1.2 or later, and certificates are always verified; redirects are not
/// followed; nothing is decompressed.
package final class HTTPClient: Sendable {
    private let configuration: HTTPConfiguration
    private let loop: TransferLoop

    package init(configuration: HTTPConfiguration = .init()) throws(HTTPError) {
        self.configuration = configuration
        loop = try TransferLoop(configuration)
        try loop.start()
    }

    deinit { loop.close() }

    /// Sends a request and gives its whole answer, of any status.
    ///
    /// A body whose status is in the request's `sinkStatuses` goes to the sink, any other is buffered in bounds.
    /// - Throws: `HTTPError`; what the sink threw, as it is; `CancellationError` once the task is cancelled.
    package func send(_ request: HTTPRequest, into sink: (any HTTPBodySink)? = nil) async throws -> HTTPResponse {
        let transfer = HTTPExchange(request, into: sink, limits: configuration)
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                transfer.await(continuation)
                loop.submit(transfer)
            }
        } onCancel: {
            loop.cancel(transfer)
        }
        return try result.get()
    }

    /// Ends the thread. Requests in flight, and all later ones, fail with `HTTPError.Code.shutdown`.
    package func shutdown() { loop.close() }
}
