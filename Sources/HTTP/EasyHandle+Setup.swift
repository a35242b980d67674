internal import CCurl

extension EasyHandle {
    /// Sets how libcurl behaves in every transfer, once a handle.
    func setConduct(_ configuration: HTTPConfiguration) throws(CurlRefusal) {
        try set(CURLOPT_NOSIGNAL, 1)
        // A look-up of a name that is still under way is left behind on removal instead of being waited for.
        try set(CURLOPT_QUICK_EXIT, 1)
        try set(CURLOPT_PROTOCOLS_STR, "http,https")
        try set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        // A key may hold `/../`; libcurl would resolve it, and the signature would no longer fit.
        try set(CURLOPT_PATH_AS_IS, 1)
        try set(CURLOPT_FOLLOWLOCATION, 0)
        try set(CURLOPT_HTTP_CONTENT_DECODING, 0)
        try set(CURLOPT_TCP_KEEPALIVE, 1)
        try set(CURLOPT_TCP_NODELAY, 1)
        try set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        try set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        try set(CURLOPT_SSL_VERIFYPEER, 1)
        try set(CURLOPT_SSL_VERIFYHOST, 2)
        try set(CURLOPT_MAXAGE_CONN, max(1, milliseconds(configuration.idleLifetime) / 1000))
        try set(CURLOPT_BUFFERSIZE, 128 << 10)
        if let caFile = configuration.caFile { try set(CURLOPT_CAINFO, caFile) }
        try collectErrorText()
        unsafe try set(CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
            guard let bytes = unsafe bytes, let context = unsafe context else { return 0 }
            let line = unsafe UnsafeRawBufferPointer(start: bytes, count: size * count)
            let transfer = unsafe Unmanaged<HTTPExchange>.fromOpaque(context).takeUnretainedValue()
            return unsafe transfer.receive(headerLine: line) ? size * count : 0
        }
        unsafe try set(CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
            guard let bytes = unsafe bytes, let context = unsafe context else { return 0 }
            let piece = unsafe UnsafeRawBufferPointer(start: bytes, count: size * count)
            let transfer = unsafe Unmanaged<HTTPExchange>.fromOpaque(context).takeUnretainedValue()
            // Any other number than what was given makes libcurl end the transfer; an empty piece cannot say so by zero.
            return unsafe transfer.receive(piece) ? size * count : size * count + 1
        }
        unsafe try setSending { context, _, _, _, _ in
            guard let context = unsafe context else { return CURL_PREREQFUNC_ABORT }
            let transfer = unsafe Unmanaged<HTTPExchange>.fromOpaque(context).takeUnretainedValue()
            return transfer.maySend() ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
        }
    }

    /// Sets all that libcurl must know of one transfer. The handle may have served others: whatever is set here is set each time,
    /// so that nothing of an earlier one stays. The transfer must outlive its stay in the multi handle.
    func prepare(_ transfer: HTTPExchange, _ configuration: HTTPConfiguration) throws(CurlRefusal) {
        let request = transfer.request
        try set(CURLOPT_URL, request.url)
        let goesDirectly = configuration.proxy == .none || isLoopback(url: request.url)
        try set(CURLOPT_PROXY, goesDirectly ? "" : nil)
        try setMethod(request)
        try setHeaders(request)
        try set(CURLOPT_CONNECTTIMEOUT_MS, milliseconds(request.connectTimeout))
        try set(CURLOPT_TIMEOUT_MS, request.timeout.map(milliseconds) ?? 0)
        try set(CURLOPT_FRESH_CONNECT, request.needsFreshConnection ? 1 : 0)
        let context = unsafe Unmanaged.passUnretained(transfer).toOpaque()
        unsafe try set(CURLOPT_HEADERDATA, context)
        unsafe try set(CURLOPT_WRITEDATA, context)
        unsafe try set(CURLOPT_PREREQDATA, context)
    }

    /// Each of the three options that choose a method takes the others back; a name that replaces the method's must be taken
    /// back by itself.
    private func setMethod(_ request: HTTPRequest) throws(CurlRefusal) {
        var name: String?
        switch request.method {
        case "GET" where request.body.isEmpty:
            try set(CURLOPT_HTTPGET, 1)
        case "HEAD":
            try set(CURLOPT_NOBODY, 1)
        case "DELETE" where request.body.isEmpty:
            try set(CURLOPT_HTTPGET, 1)
            name = "DELETE"
        default:
            try set(CURLOPT_POST, 1)
            try set(body: request.body)
            if request.method != "POST" { name = request.method }
        }
        try set(CURLOPT_CUSTOMREQUEST, name)
    }

    private func setHeaders(_ request: HTTPRequest) throws(CurlRefusal) {
        var hasContentType = request.body.isEmpty && request.method == "GET"
        var line: [UInt8] = []
        line.reserveCapacity(256)
        for header in request.headers {
            line.removeAll(keepingCapacity: true)
            line.append(contentsOf: header.name.utf8)
            let isEmpty = header.rawValue?.isEmpty ?? header.value.isEmpty
            // libcurl takes `Name:` for "leave it out", and `Name;` for an empty value.
            if isEmpty {
                line.append(UInt8(ascii: ";"))
            } else {
                line.append(contentsOf: ": ".utf8)
                if let raw = header.rawValue {
                    line.append(contentsOf: raw)
                } else {
                    line.append(contentsOf: header.value.utf8)
                }
            }
            guard !header.name.isEmpty, !line.contains(where: { $0 == 0x0A || $0 == 0x0D || $0 == 0 }) else {
                throw CurlRefusal(CURLE_BAD_FUNCTION_ARGUMENT)
            }
            line.append(0)
            try append(terminated: line)
            if header.name.utf8.count == 12, header.name.lowercased() == "content-type" { hasContentType = true }
        }
        if !hasContentType { unsafe try append(headerLine: "Content-Type:") }
        if request.body.count > 0 { unsafe try append(headerLine: "Expect:") }
        try useHeaders()
    }

    private func append(terminated line: [UInt8]) throws(CurlRefusal) {
        let result: Result<Void, CurlRefusal> = unsafe line.withUnsafeBytes { bytes in
            guard let text = unsafe bytes.baseAddress?.assumingMemoryBound(to: CChar.self) else { return .success(()) }
            do throws(CurlRefusal) {
                unsafe try append(headerLine: text)
                return .success(())
            } catch { return .failure(error) }
        }
        try result.get()
    }
}

private func milliseconds(_ duration: Duration) -> Int {
    let parts = duration.components
    // Zero would mean "libcurl's default", which is never.
    return max(1, Int(parts.seconds) * 1000 + Int(parts.attoseconds / 1_000_000_000_000_000))
}

private func isLoopback(url: String) -> Bool {
    guard let colon = url.utf8.firstIndex(of: UInt8(ascii: ":")) else { return false }
    let host = url.utf8[colon...].dropFirst(3)
    for name in ["127.", "localhost:", "localhost/", "[::1]"] where host.starts(with: name.utf8) { return true }
    return host.elementsEqual("localhost".utf8)
}
