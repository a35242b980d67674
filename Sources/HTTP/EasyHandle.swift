internal import CCurl

/// Owns one easy handle of libcurl, the list of header lines set on it and the buffer for its error text. Used on the HTTP
/// thread alone.
@safe final class EasyHandle {
    let pointer: UnsafeMutableRawPointer
    private var headers: UnsafeMutablePointer<curl_slist>?
    private let errorText: UnsafeMutablePointer<CChar>

    /// What names this handle in libcurl's reports.
    var identity: UInt { unsafe UInt(bitPattern: pointer) }

    init() throws(HTTPError) {
        guard let pointer = unsafe curl_easy_init() else { throw HTTPError(memoryFor: "a transfer") }
        unsafe self.pointer = pointer
        unsafe errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        unsafe errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    }

    deinit {
        unsafe curl_easy_cleanup(pointer)
        unsafe curl_slist_free_all(headers)
        unsafe errorText.deallocate()
    }

    /// Gives up the memory of the transfer that ended. Its settings stay until those of the next one replace them.
    func clear() {
        unsafe curl_slist_free_all(headers)
        unsafe headers = nil
        unsafe ccurl_set_pointer(pointer, CURLOPT_POSTFIELDS, nil)
        unsafe errorText[0] = 0
    }

    func set(_ option: CURLoption, _ value: Int) throws(CurlRefusal) {
        try check(unsafe ccurl_set_long(pointer, option, value))
    }

    /// Nil takes the option back.
    func set(_ option: CURLoption, _ value: String?) throws(CurlRefusal) {
        try check(unsafe ccurl_set_text(pointer, option, value))
    }

    func set(_ option: CURLoption, _ value: UnsafeMutableRawPointer) throws(CurlRefusal) {
        try check(unsafe ccurl_set_pointer(pointer, option, value))
    }

    func set(_ option: CURLoption, _ value: @escaping ccurl_receive) throws(CurlRefusal) {
        try check(unsafe ccurl_set_receive(pointer, option, value))
    }

    func setSending(_ value: @escaping curl_prereq_callback) throws(CurlRefusal) {
        try check(unsafe ccurl_set_sending(pointer, value))
    }

    func collectErrorText() throws(CurlRefusal) {
        try check(unsafe ccurl_set_pointer(pointer, CURLOPT_ERRORBUFFER, errorText))
    }

    /// libcurl keeps a copy of the bytes.
    func set(body: [UInt8]) throws(CurlRefusal) {
        try check(unsafe ccurl_set_offset(pointer, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count)))
        // An empty array has no address, and libcurl would then read the body from standard input.
        let code = unsafe (body.isEmpty ? [0] : body).withUnsafeBytes {
            unsafe ccurl_set_pointer(pointer, CURLOPT_COPYPOSTFIELDS, $0.baseAddress)
        }
        try check(code)
    }

    /// One header line, without its line break. libcurl keeps a copy.
    func append(headerLine: UnsafePointer<CChar>) throws(CurlRefusal) {
        guard let longer = unsafe curl_slist_append(headers, headerLine) else { throw CurlRefusal(CURLE_OUT_OF_MEMORY) }
        unsafe headers = longer
    }

    func useHeaders() throws(CurlRefusal) {
        try check(unsafe ccurl_set_list(pointer, CURLOPT_HTTPHEADER, headers))
    }

    /// What libcurl said of the last failure; empty where it said nothing.
    var errorDetail: String { unsafe String(cString: errorText) }

    var bytesMoved: Int64 {
        var (down, up): (curl_off_t, curl_off_t) = (0, 0)
        unsafe ccurl_get_offset(pointer, CURLINFO_SIZE_DOWNLOAD_T, &down)
        unsafe ccurl_get_offset(pointer, CURLINFO_SIZE_UPLOAD_T, &up)
        return Int64(down + up)
    }

    /// How many bytes of request lines and headers were sent.
    var requestBytesSent: Int {
        var size = 0
        unsafe ccurl_get_long(pointer, CURLINFO_REQUEST_SIZE, &size)
        return size
    }

    private func check(_ code: CURLcode) throws(CurlRefusal) {
        guard code == CURLE_OK else { throw CurlRefusal(code) }
    }
}

/// A setting that libcurl did not take.
struct CurlRefusal: Error {
    let code: CURLcode

    init(_ code: CURLcode) { self.code = code }
}
