internal import CCurl
internal import Support
internal import Synchronization

/// One request on its way: what it asks for, what has come so far, and who waits for it.
///
/// Made by the task that sends, then handed to the HTTP thread, which alone touches `progress` from there on; only `cancel`
/// comes from elsewhere, and sets a flag.
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
        var headIsWhole = false
        var goesToSink = false
        var body: [UInt8] = []
        /// Why the transfer was ended from our side.
        var failure: (any Error)?
    }

    init(_ request: HTTPRequest, into sink: (any HTTPBodySink)?, limits: HTTPConfiguration) {
        self.request = request
        self.sink = sink
        self.limits = limits
    }

    // MARK: Whoever waits

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

    /// Leaves the mark; the HTTP thread looks at it before it starts the transfer, and when it is told of a cancellation.
    func markCancelled() { cancelled.store(true, ordering: .releasing) }
    var isCancelled: Bool { cancelled.load(ordering: .acquiring) }

    // MARK: What goes and comes, on the HTTP thread

    /// Asked before each sending. What a kept connection dropped unanswered libcurl sends again on another, though it may
    /// have been done. False ends the transfer.
    func maySend() -> Bool {
        guard request.isSentOnce, progress.isSent else {
            progress.isSent = true
            return true
        }
        return end(
            HTTPError(
                code: .connectionLost, operation: operation, message: "the connection was closed without an answer",
                hint: "See what was done before it is asked for again.", isTransient: true, mayHaveReachedServer: true))
    }

    /// One header line, its line break included. False ends the transfer.
    func receive(headerLine line: UnsafeRawBufferPointer) -> Bool {
        // After the body come trailers, which nobody asked for.
        if progress.headIsWhole { return true }
        progress.headerBytes += line.count
        guard progress.headerBytes <= limits.headerLimit else {
            return end(tooLarge: "the answer's headers exceed \(limits.headerLimit) bytes")
        }
        if let status = unsafe statusCode(ofLine: line) {
            // An interim answer (1xx) may have come before.
            progress.status = status
            progress.headers = HTTPHeaders()
        } else if unsafe isBlank(line) {
            guard progress.status >= 200 else { return true }
            progress.headIsWhole = true
            return startBody()
        } else {
            unsafe progress.headers.append(line: line)
        }
        return true
    }

    private func startBody() -> Bool {
        guard let sink, request.sinkStatuses.contains(progress.status) else {
            if request.method != "HEAD", let announced = progress.headers["content-length"].flatMap({ Int($0) }) {
                guard announced <= bodyLimit else { return endWithLargeBody() }
                progress.body.reserveCapacity(announced)
            }
            return true
        }
        progress.goesToSink = true
        do {
            try sink.begin(HTTPHead(status: progress.status, headers: progress.headers))
            return true
        } catch { return end(error) }
    }

    /// One piece of the body. False ends the transfer.
    func receive(_ bytes: UnsafeRawBufferPointer) -> Bool {
        if progress.goesToSink, let sink {
            do {
                try unsafe sink.receive(bytes)
                return true
            } catch { return end(error) }
        }
        guard progress.body.count + bytes.count <= bodyLimit else { return endWithLargeBody() }
        unsafe progress.body.append(contentsOf: bytes)
        return true
    }

    private var bodyLimit: Int { (200...299).contains(progress.status) ? limits.bodyLimit : limits.errorBodyLimit }

    private func endWithLargeBody() -> Bool { end(tooLarge: "the answer's body exceeds \(bodyLimit) bytes") }

    private func end(tooLarge message: String) -> Bool {
        end(
            HTTPError(
                code: .tooLarge, operation: operation, message: message,
                hint: "The answer is not one of the service that was asked; check the endpoint.", isTransient: false,
                mayHaveReachedServer: true))
    }

    private func end(_ failure: any Error) -> Bool {
        progress.failure = failure
        return false
    }

    /// What the transfer came to, once libcurl is done with it.
    func outcome(_ result: CURLcode, easy: EasyHandle) -> Result<HTTPResponse, any Error> {
        if let failure = progress.failure { return .failure(failure) }
        guard result == CURLE_OK else {
            let reached = easy.requestBytesSent > 0
            return .failure(HTTPError(result, operation: operation, detail: easy.errorDetail, reached: reached))
        }
        let head = HTTPHead(status: progress.status, headers: progress.headers)
        return .success(HTTPResponse(head: head, body: progress.body))
    }

    /// Method and URL without its query, for errors.
    var operation: String {
        let url = request.url.utf8.prefix { $0 != UInt8(ascii: "?") }
        return "\(request.method) \(String(Substring(url)))"
    }
}

/// The status of a line such as `HTTP/1.1 206 Partial Content`; nil for any other line.
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
