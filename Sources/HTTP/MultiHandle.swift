internal import CCurl

/// Owns libcurl's multi handle and, with it, the connection pool. libcurl reports the sockets it waits for and its next
/// timer (manual page curl_multi_socket_action), so that only transfers that can progress are visited. Everything
/// except `wake` runs on the HTTP thread.
@safe final class MultiHandle: @unchecked Sendable {
    private let pointer: UnsafeMutableRawPointer
    private let poller: SocketPoller
    /// The due time of libcurl's timer.
    private var timerDue: ContinuousClock.Instant?

    init(idleConnections: Int) throws(HTTPError) {
        poller = try SocketPoller()
        guard isLibcurlInitialised, let pointer = unsafe curl_multi_init() else {
            throw HTTPError(outOfMemoryFor: "an HTTP client")
        }
        unsafe self.pointer = pointer
        unsafe ccurl_set_multi_long(pointer, CURLMOPT_MAXCONNECTS, idleConnections)
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe ccurl_on_socket(
            pointer,
            { _, socket, wanted, context, _ in
                guard let context = unsafe context else { return 0 }
                let multi = unsafe Unmanaged<MultiHandle>.fromOpaque(context).takeUnretainedValue()
                multi.poller.watch(socket, for: epollEvents(for: wanted))
                return 0
            }, context)
        unsafe ccurl_on_timer(
            pointer,
            { _, milliseconds, context in
                guard let context = unsafe context else { return 0 }
                let multi = unsafe Unmanaged<MultiHandle>.fromOpaque(context).takeUnretainedValue()
                multi.timerDue = milliseconds < 0 ? nil : .now + .milliseconds(milliseconds)
                return 0
            }, context)
    }

    deinit {
        // Closing connections must not call back into an object that is being destroyed.
        unsafe ccurl_on_socket(pointer, nil, nil)
        unsafe ccurl_on_timer(pointer, nil, nil)
        unsafe curl_multi_cleanup(pointer)
    }

    /// The transfer starts with the next `runDueTimers`.
    func add(_ easy: EasyHandle) -> Bool { unsafe curl_multi_add_handle(pointer, easy.pointer) == CURLM_OK }

    /// Also closes the connection if the transfer has not finished.
    func remove(_ easy: EasyHandle) { unsafe curl_multi_remove_handle(pointer, easy.pointer) }

    /// Starts added transfers and ends those that timed out.
    func runDueTimers() {
        guard let due = timerDue, due <= .now else { return }
        timerDue = nil
        act(on: CURL_SOCKET_BAD, 0)
    }

    /// Waits until a socket is ready, `wake` is called, libcurl's timer is due or `deadline` has passed, and processes
    /// the ready sockets.
    func wait(until deadline: ContinuousClock.Instant?) {
        let end = deadline.map { deadline in timerDue.map { min($0, deadline) } ?? deadline } ?? timerDue
        poller.wait(milliseconds: end.map { ContinuousClock.now.milliseconds(until: $0) } ?? -1) { socket, events in
            act(on: socket, selectBits(of: events))
        }
    }

    func wake() { poller.wake() }

    /// Returns the next finished transfer with libcurl's result, or nil if there is none.
    func nextFinished() -> (handle: UInt, result: CURLcode)? {
        var result = CURLE_OK
        guard let easy = unsafe ccurl_next_finished(pointer, &result) else { return nil }
        return (UInt(bitPattern: easy), result)
    }

    private func act(on socket: CInt, _ bits: CInt) {
        var running: CInt = 0
        unsafe curl_multi_socket_action(pointer, socket, bits, &running)
    }
}

private func epollEvents(for wanted: CInt) -> UInt32 {
    switch wanted {
    case CURL_POLL_IN: EPOLLIN.rawValue
    case CURL_POLL_OUT: EPOLLOUT.rawValue
    case CURL_POLL_INOUT: EPOLLIN.rawValue | EPOLLOUT.rawValue
    default: 0
    }
}

/// An error or hang-up counts as readable and writable: libcurl then fails in its own call and can report the cause.
private func selectBits(of events: UInt32) -> CInt {
    var bits: CInt = 0
    if events & (EPOLLIN.rawValue | EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 { bits |= CURL_CSELECT_IN }
    if events & (EPOLLOUT.rawValue | EPOLLERR.rawValue) != 0 { bits |= CURL_CSELECT_OUT }
    return bits
}

extension ContinuousClock.Instant {
    /// Rounded up, so that `moment` has passed after that time.
    fileprivate func milliseconds(until moment: Self) -> CInt {
        let parts = duration(to: moment).components
        let milliseconds = parts.seconds * 1000 + (parts.attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
        return CInt(clamping: max(0, milliseconds))
    }
}

/// Initialises libcurl, once a process.
private let isLibcurlInitialised = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

extension HTTPError {
    init(outOfMemoryFor purpose: String) {
        self.init(
            code: .unavailable, operation: "libcurl", message: "out of memory or descriptors for \(purpose)",
            hint: "Check the process's memory and open-file limits.", isTransient: true, mayHaveReachedServer: false
        )
    }
}
