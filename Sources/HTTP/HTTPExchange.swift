internal import CCurl
internal import Support
internal import Synchronization

/// One request in flight: the request, the part of the response received so far and the task that waits for it.
///
/// The sending task creates it and submits it to the HTTP thread. From then on only that thread accesses `progress`;
/// cancellation, on any thread, only sets a flag.
final class HTTPExchange: @unchecked Sendable {
    let request: HTTPRequest
    private let sink: (any HTTPBodySink)?
    private let limits: HTTPConfiguration
    private let cancelled = Atomic(false)
    private let waiter = Locked<Waiter>(.none)
    private var progress = Progress()

    private enum Waiter {
        case none
        case waiting(CheckedContinuation<Result<HTTPResponse, any Error>, Never>)
    }

    private struct Progress {
        var isSent = false
        var status = 0
        var headers = HTTPHeaders()
        var headerBytes = 0
        var isHeadComplete = false
        var usesSink = false
        var body: [UInt8] = []
        /// Why this side ended the exchange.
        var failure: (any Error)?
    }

    init(_ request: HTTPRequest, into sink: (any HTTPBodySink)?, limits: HTTPConfiguration) {
        self.request = request
        self.sink = sink
        self.limits = limits
    }

    // MARK: The waiting task

    func await(_ continuation: CheckedContinuation<Result<HTTPResponse, any Error>, Never>) {
        waiter.withLock { $0 = .waiting(continuation) }
    }

    func finish(_ result: Result<HTTPResponse, any Error>) {
        let waiting: CheckedContinuation<Result<HTTPResponse, any Error>, Never>? = waiter.withLock { waiter in
            defer { waiter = .none }
            if case .waiting(let continuation) = waiter { return continuation }
            return nil
        }
        waiting?.resume(returning: result)
    }

    /// Sets the flag that the HTTP thread checks before it starts the exchange.
    func markCancelled() { cancelled.store(true, ordering: .releasing) }
    var isCancelled: Bool { cancelled.load(ordering: .acquiring) }

    // MARK: Callbacks, on the HTTP thread

    /// Called before each sending. If a reused connection closes without a response, libcurl sends the request again on
    /// another connection, although the server may have processed it. Returning false ends the exchange.
    func maySend() -> Bool {
        guard request.isSentOnce, progress.isSent else {
            progress.isSent = true
            return true
        }
        return end(
            HTTPError(
                code: .connectionLost, operation: operation, message: "the connection was closed without an answer",
                hint: "Check what the server did before sending the request again.", isTransient: true,
                mayHaveReachedServer: true))
    }

    /// Called with each header line, including its line break. Returning false ends the exchange.
    func receive(headerLine line: UnsafeRawBufferPointer) -> Bool {
        // Trailers after the body are ignored.
        if progress.isHeadComplete { return true }
        progress.headerBytes += line.count
        guard progress.headerBytes <= limits.headerLimit else {
            return end(tooLarge: "the response's headers exceed \(limits.headerLimit) bytes")
        }
        if let status = unsafe statusCode(ofLine: line) {
            // An interim response (1xx) may have preceded.
            progress.status = status
            progress.headers = HTTPHeaders()
        } else if unsafe isBlank(line) {
            guard progress.status >= 200 else { return true }
            progress.isHeadComplete = true
            return startBody()
        } else {
            unsafe progress.headers.append(line: line)
        }
        return true
    }

    private func startBody() -> Bool {
        guard let sink, request.sinkStatuses.contains(progress.status) else {
            if request.method != "HEAD", let declared = progress.headers["content-length"].flatMap({ Int($0) }) {
                guard declared <= bodyLimit else { return endBodyTooLarge() }
                progress.body.reserveCapacity(declared)
            }
            return true
        }
        progress.usesSink = true
        do {
            try sink.begin(HTTPHead(status: progress.status, headers: progress.headers))
            return true
        } catch { return end(error) }
    }

    /// Called with each piece of the body. Returning false ends the exchange.
    func receive(_ bytes: UnsafeRawBufferPointer) -> Bool {
        if progress.usesSink, let sink {
            do {
                try unsafe sink.receive(bytes)
                return true
            } catch { return end(error) }
        }
        guard progress.body.count + bytes.count <= bodyLimit else { return endBodyTooLarge() }
        unsafe progress.body.append(contentsOf: bytes)
        return true
    }

    private var bodyLimit: Int { (200...299).contains(progress.status) ? limits.bodyLimit : limits.errorBodyLimit }

    private func endBodyTooLarge() -> Bool { end(tooLarge: "the response's body exceeds \(bodyLimit) bytes") }

    private func end(tooLarge message: String) -> Bool {
        end(
            HTTPError(
                code: .tooLarge, operation: operation, message: message,
                hint: "The response is not from the expected service; check the endpoint.", isTransient: false,
                mayHaveReachedServer: true))
    }

    private func end(_ failure: any Error) -> Bool {
        progress.failure = failure
        return false
    }

    /// Returns the result of the exchange after libcurl has finished it.
    func result(_ code: CURLcode, easy: EasyHandle) -> Result<HTTPResponse, any Error> {
        if let failure = progress.failure { return .failure(failure) }
        guard code == CURLE_OK else {
            return .failure(
                HTTPError(
                    code, operation: operation, detail: easy.errorDetail, reachedServer: easy.requestBytesSent > 0))
        }
        let head = HTTPHead(status: progress.status, headers: progress.headers)
        return .success(HTTPResponse(head: head, body: progress.body))
    }

    /// Method and URL without the query, for errors.
    var operation: String {
        let url = request.url.utf8.prefix { $0 != UInt8(ascii: "?") }
        return "\(request.method) \(String(Substring(url)))"
    }
}

/// Parses the status of a line such as `HTTP/1.1 206 Partial Content`; returns nil for any other line.
private func statusCode(ofLine line: UnsafeRawBufferPointer) -> Int? {
    guard line.count >= 12, unsafe line.starts(with: "HTTP/".utf8),
        let space = unsafe line.firstIndex(of: 0x20), space + 3 < line.count
    else { return nil }
    var status = 0
    for index in space + 1...space + 3 {
        let digit = unsafe line[index] &- UInt8(ascii: "0")
        guard digit < 10 else { return nil }
        status = status * 10 + Int(digit)
    }
    return status
}

private func isBlank(_ line: UnsafeRawBufferPointer) -> Bool { unsafe line.allSatisfy { $0 == 0x0D || $0 == 0x0A } }
