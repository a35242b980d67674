internal import CCurl

/// Owns the multi handle of libcurl, and with it the pool of connections. All but `wake` belongs to the HTTP thread; `wake` may
/// come from any (libcurl's manual, curl_multi_wakeup), which is why the handle lives until nobody can call it any more.
@safe final class MultiHandle: @unchecked Sendable {
    private let pointer: UnsafeMutableRawPointer

    init(idleConnections: Int) throws(HTTPError) {
        guard libraryIsReady, let pointer = unsafe curl_multi_init() else {
            throw HTTPError(memoryFor: "an HTTP client")
        }
        unsafe self.pointer = pointer
        unsafe ccurl_set_multi_long(pointer, CURLMOPT_MAXCONNECTS, idleConnections)
    }

    deinit { unsafe curl_multi_cleanup(pointer) }

    func add(_ easy: EasyHandle) -> Bool { unsafe curl_multi_add_handle(pointer, easy.pointer) == CURLM_OK }

    /// Closes the connection too, where the transfer had not ended.
    func remove(_ easy: EasyHandle) { unsafe curl_multi_remove_handle(pointer, easy.pointer) }

    /// Moves every transfer as far as it goes without waiting.
    func perform() {
        var running: CInt = 0
        unsafe curl_multi_perform(pointer, &running)
    }

    /// The next transfer that ended, with libcurl's result; nil when all are known.
    func nextFinished() -> (handle: UInt, result: CURLcode)? {
        var result = CURLE_OK
        guard let easy = unsafe ccurl_next_finished(pointer, &result) else { return nil }
        return (UInt(bitPattern: easy), result)
    }

    /// Waits until something can move, `wake` is called, or the time is over.
    func wait(atMost time: Duration) {
        let parts = time.components
        let milliseconds = parts.seconds * 1000 + (parts.attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
        unsafe curl_multi_poll(pointer, nil, 0, CInt(clamping: max(0, milliseconds)), nil)
    }

    func wake() { unsafe curl_multi_wakeup(pointer) }
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
