internal import CCurl

/// Owns the multi handle of libcurl, and with it the pool of connections. libcurl says which sockets it waits for and when it
/// wants to be called without one (its manual: curl_multi_socket_action), so that only the transfers that can move are
/// looked at. All but `wake` belongs to the HTTP thread.
@safe final class MultiHandle: @unchecked Sendable {
    private let pointer: UnsafeMutableRawPointer
    private let sockets: ReadySockets
    /// When libcurl wants to be called though no socket is ready.
    private var alarm: ContinuousClock.Instant?

    init(idleConnections: Int) throws(HTTPError) {
        sockets = try ReadySockets()
        guard libraryIsReady, let pointer = unsafe curl_multi_init() else {
            throw HTTPError(memoryFor: "an HTTP client")
        }
        unsafe self.pointer = pointer
        unsafe ccurl_set_multi_long(pointer, CURLMOPT_MAXCONNECTS, idleConnections)
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe ccurl_on_socket(
            pointer,
            { _, socket, wanted, context, _ in
                guard let context = unsafe context else { return 0 }
                let multi = unsafe Unmanaged<MultiHandle>.fromOpaque(context).takeUnretainedValue()
                multi.sockets.watch(socket, for: epollEvents(for: wanted))
                return 0
            }, context)
        unsafe ccurl_on_timer(
            pointer,
            { _, milliseconds, context in
                guard let context = unsafe context else { return 0 }
                let multi = unsafe Unmanaged<MultiHandle>.fromOpaque(context).takeUnretainedValue()
                multi.alarm = milliseconds < 0 ? nil : .now + .milliseconds(milliseconds)
                return 0
            }, context)
    }

    deinit {
        // Closing the connections must not call back into an object that is going away.
        unsafe ccurl_on_socket(pointer, nil, nil)
        unsafe ccurl_on_timer(pointer, nil, nil)
        unsafe curl_multi_cleanup(pointer)
    }

    /// The transfer starts with the next `runDueTimers`.
    func add(_ easy: EasyHandle) -> Bool { unsafe curl_multi_add_handle(pointer, easy.pointer) == CURLM_OK }

    /// Closes the connection too, where the transfer had not ended.
    func remove(_ easy: EasyHandle) { unsafe curl_multi_remove_handle(pointer, easy.pointer) }

    /// Starts what was added, and ends what ran out of time.
    func runDueTimers() {
        guard let due = alarm, due <= .now else { return }
        alarm = nil
        act(on: CURL_SOCKET_BAD, 0)
    }

    /// Waits until something can move, `wake` is called, or the moment has come, and moves what can. No moment means that
    /// there is nothing but libcurl's own timers to look at.
    func wait(until moment: ContinuousClock.Instant?) {
        let end = moment.map { moment in alarm.map { min($0, moment) } ?? moment } ?? alarm
        sockets.wait(milliseconds: end.map { ContinuousClock.now.milliseconds(until: $0) } ?? -1) { socket, events in
            act(on: socket, selectBits(of: events))
        }
    }

    func wake() { sockets.wake() }

    /// The next transfer that ended, with libcurl's result; nil when all are known.
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

/// An error or the end of the connection counts as readable and writable: libcurl then meets it in its own call, and can say
/// what it was.
private func selectBits(of events: UInt32) -> CInt {
    var bits: CInt = 0
    if events & (EPOLLIN.rawValue | EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 { bits |= CURL_CSELECT_IN }
    if events & (EPOLLOUT.rawValue | EPOLLERR.rawValue) != 0 { bits |= CURL_CSELECT_OUT }
    return bits
}

extension ContinuousClock.Instant {
    /// Rounded up, so that the moment has come when they are over.
    fileprivate func milliseconds(until moment: Self) -> CInt {
        let parts = duration(to: moment).components
        let milliseconds = parts.seconds * 1000 + (parts.attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
        return CInt(clamping: max(0, milliseconds))
    }
}

/// libcurl's own start, once a process.
private let libraryIsReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

extension HTTPError {
    init(memoryFor purpose: String) {
        self.init(
            code: .unavailable, operation: "libcurl", message: "no room for \(purpose)",
            hint: "Check the process's limits of memory and open files.", isTransient: true, mayHaveReachedServer: false
        )
    }
}
