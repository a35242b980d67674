internal import CCurl

extension EasyHandle {
    /// Sets the options that all transfers of the handle share. Called once for each handle.
    func configure(_ configuration: HTTPConfiguration) throws(CurlError) {
        try set(CURLOPT_NOSIGNAL, 1)
        // Removal abandons a running name lookup instead of waiting for it.
        try set(CURLOPT_QUICK_EXIT, 1)
        try set(CURLOPT_PROTOCOLS_STR, "http,https")
        try set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        // A key may hold `/../`; libcurl would resolve it, and the signature would no longer match.
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
        if configuration.refusesMetadataServices { try refuseMetadataServices() }
        try collectErrorText()
        unsafe try set(CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
            guard let bytes = unsafe bytes, let context = unsafe context else { return 0 }
            let line = unsafe UnsafeRawBufferPointer(start: bytes, count: size * count)
            let exchange = unsafe Unmanaged<HTTPExchange>.fromOpaque(context).takeUnretainedValue()
            return unsafe exchange.receive(headerLine: line) ? size * count : 0
        }
        unsafe try set(CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
            guard let bytes = unsafe bytes, let context = unsafe context else { return 0 }
            let piece = unsafe UnsafeRawBufferPointer(start: bytes, count: size * count)
            let exchange = unsafe Unmanaged<HTTPExchange>.fromOpaque(context).takeUnretainedValue()
            // Any other number than the size makes libcurl abort. For an empty piece, 0 would be the size.
            return unsafe exchange.receive(piece) ? size * count : size * count + 1
        }
        unsafe try setPrerequest { context, _, _, _, _ in
            guard let context = unsafe context else { return CURL_PREREQFUNC_ABORT }
            let exchange = unsafe Unmanaged<HTTPExchange>.fromOpaque(context).takeUnretainedValue()
            return exchange.maySend() ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
        }
    }

    /// Sets the options of one exchange. Handles are reused: each option here is set every time, so that nothing of an
    /// earlier exchange remains. The exchange must outlive its transfer in the multi handle.
    func prepare(_ exchange: HTTPExchange, _ configuration: HTTPConfiguration) throws(CurlError) {
        let request = exchange.request
        try set(CURLOPT_URL, request.url)
        let bypassesProxy = configuration.proxy == .none || isLoopback(url: request.url)
        try set(CURLOPT_PROXY, bypassesProxy ? "" : nil)
        try setMethod(request)
        try setHeaders(request)
        try set(CURLOPT_CONNECTTIMEOUT_MS, milliseconds(request.connectTimeout))
        try set(CURLOPT_TIMEOUT_MS, request.timeout.map(milliseconds) ?? 0)
        try set(CURLOPT_FRESH_CONNECT, request.needsFreshConnection ? 1 : 0)
        let context = unsafe Unmanaged.passUnretained(exchange).toOpaque()
        unsafe try set(CURLOPT_HEADERDATA, context)
        unsafe try set(CURLOPT_WRITEDATA, context)
        unsafe try set(CURLOPT_PREREQDATA, context)
    }

    /// Each of the three options that choose a method resets the others. CURLOPT_CUSTOMREQUEST, which replaces the
    /// method's name, must be reset separately.
    private func setMethod(_ request: HTTPRequest) throws(CurlError) {
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

    private func setHeaders(_ request: HTTPRequest) throws(CurlError) {
        var hasContentType = request.body.isEmpty && request.method == "GET"
        var line: [UInt8] = []
        line.reserveCapacity(256)
        for header in request.headers {
            line.removeAll(keepingCapacity: true)
            line.append(contentsOf: header.name.utf8)
            let isEmpty = header.rawValue?.isEmpty ?? header.value.isEmpty
            // For libcurl, `Name:` removes the header and `Name;` sends it with an empty value.
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
                throw CurlError(CURLE_BAD_FUNCTION_ARGUMENT)
            }
            line.append(0)
            try append(terminated: line)
            if header.name.utf8.count == 12, header.name.lowercased() == "content-type" { hasContentType = true }
        }
        if !hasContentType { unsafe try append(headerLine: "Content-Type:") }
        if request.body.count > 0 { unsafe try append(headerLine: "Expect:") }
        try useHeaders()
    }

    private func append(terminated line: [UInt8]) throws(CurlError) {
        let result: Result<Void, CurlError> = unsafe line.withUnsafeBytes { bytes in
            guard let text = unsafe bytes.baseAddress?.assumingMemoryBound(to: CChar.self) else { return .success(()) }
            do throws(CurlError) {
                unsafe try append(headerLine: text)
                return .success(())
            } catch { return .failure(error) }
        }
        try result.get()
    }
}

private func milliseconds(_ duration: Duration) -> Int {
    let parts = duration.components
    // 0 would select libcurl's default.
    return max(1, Int(parts.seconds) * 1000 + Int(parts.attoseconds / 1_000_000_000_000_000))
}

private func isLoopback(url: String) -> Bool {
    guard let colon = url.utf8.firstIndex(of: UInt8(ascii: ":")) else { return false }
    let host = url.utf8[colon...].dropFirst(3)
    for name in ["127.", "localhost:", "localhost/", "[::1]"] where host.starts(with: name.utf8) { return true }
    return host.elementsEqual("localhost".utf8)
}
