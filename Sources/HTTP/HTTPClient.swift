/// An HTTP/1.1 client over libcurl. All requests run on one dedicated thread and share its connection pool, so that
/// none blocks a thread of Swift's cooperative pool. TLS is 1.2 or later and certificates are always verified;
/// redirects are not followed; nothing is decompressed.
package final class HTTPClient: Sendable {
    private let configuration: HTTPConfiguration
    private let loop: HTTPExchangeLoop

    package init(configuration: HTTPConfiguration = .init()) throws(HTTPError) {
        self.configuration = configuration
        loop = try HTTPExchangeLoop(configuration)
        try loop.start()
    }

    deinit { loop.close() }

    /// Sends a request and returns the whole response, of any status.
    ///
    /// The body goes to the sink if the status is in the request's `sinkStatuses`; otherwise it is buffered up to a
    /// limit.
    /// - Throws: `HTTPError`; the sink's error, unchanged; `CancellationError` if the task is cancelled.
    package func send(_ request: HTTPRequest, into sink: (any HTTPBodySink)? = nil) async throws -> HTTPResponse {
        let exchange = HTTPExchange(request, into: sink, limits: configuration)
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                exchange.await(continuation)
                loop.submit(exchange)
            }
        } onCancel: {
            loop.cancel(exchange)
        }
        return try result.get()
    }

    /// Stops the thread. Requests in flight and later ones fail with `HTTPError.Code.shutdown`.
    package func shutdown() { loop.close() }
}
