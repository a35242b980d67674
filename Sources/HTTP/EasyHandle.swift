internal import CCurl

/// Owns one easy handle of libcurl, its list of header lines and its error buffer. Used on the HTTP thread only.
@safe final class EasyHandle {
    let pointer: UnsafeMutableRawPointer
    private var headers: UnsafeMutablePointer<curl_slist>?
    private let errorText: UnsafeMutablePointer<CChar>

    /// Identifies this handle in libcurl's completion messages.
    var identity: UInt { unsafe UInt(bitPattern: pointer) }

    init() throws(HTTPError) {
        guard let pointer = unsafe curl_easy_init() else { throw HTTPError(outOfMemoryFor: "a request") }
        unsafe self.pointer = pointer
        unsafe errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        unsafe errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    }

    deinit {
        unsafe curl_easy_cleanup(pointer)
        unsafe curl_slist_free_all(headers)
        unsafe errorText.deallocate()
    }

    /// Frees the headers and the body of the finished transfer. Other options stay until the next transfer sets them.
    func clear() {
        unsafe curl_slist_free_all(headers)
        unsafe headers = nil
        unsafe ccurl_set_pointer(pointer, CURLOPT_POSTFIELDS, nil)
        unsafe errorText[0] = 0
    }

    func set(_ option: CURLoption, _ value: Int) throws(CurlError) {
        try check(unsafe ccurl_set_long(pointer, option, value))
    }

    /// Nil resets the option.
    func set(_ option: CURLoption, _ value: String?) throws(CurlError) {
        try check(unsafe ccurl_set_text(pointer, option, value))
    }

    func set(_ option: CURLoption, _ value: UnsafeMutableRawPointer) throws(CurlError) {
        try check(unsafe ccurl_set_pointer(pointer, option, value))
    }

    func set(_ option: CURLoption, _ value: @escaping ccurl_receive) throws(CurlError) {
        try check(unsafe ccurl_set_receive(pointer, option, value))
    }

    func setPrerequest(_ value: @escaping curl_prereq_callback) throws(CurlError) {
        try check(unsafe ccurl_set_sending(pointer, value))
    }

    /// Connections to the metadata services of clouds fail.
    func refuseMetadataServices() throws(CurlError) { try check(unsafe ccurl_refuse_metadata_services(pointer)) }

    func collectErrorText() throws(CurlError) {
        try check(unsafe ccurl_set_pointer(pointer, CURLOPT_ERRORBUFFER, errorText))
    }

    /// Sets the request body. libcurl copies the bytes.
    func set(body: [UInt8]) throws(CurlError) {
        try check(unsafe ccurl_set_offset(pointer, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count)))
        // An empty array may have no address; libcurl would then read the body from standard input.
        let code = unsafe (body.isEmpty ? [0] : body).withUnsafeBytes {
            unsafe ccurl_set_pointer(pointer, CURLOPT_COPYPOSTFIELDS, $0.baseAddress)
        }
        try check(code)
    }

    /// Appends a header line without its line break. libcurl copies it.
    func append(headerLine: UnsafePointer<CChar>) throws(CurlError) {
        guard let list = unsafe curl_slist_append(headers, headerLine) else { throw CurlError(CURLE_OUT_OF_MEMORY) }
        unsafe headers = list
    }

    func useHeaders() throws(CurlError) {
        try check(unsafe ccurl_set_list(pointer, CURLOPT_HTTPHEADER, headers))
    }

    /// libcurl's text for the last failure; empty if there is none.
    var errorDetail: String { unsafe String(cString: errorText) }

    /// The body bytes sent and received.
    var bytesTransferred: Int64 {
        var (down, up): (curl_off_t, curl_off_t) = (0, 0)
        unsafe ccurl_get_offset(pointer, CURLINFO_SIZE_DOWNLOAD_T, &down)
        unsafe ccurl_get_offset(pointer, CURLINFO_SIZE_UPLOAD_T, &up)
        return Int64(down + up)
    }

    /// The bytes of request lines and headers sent.
    var requestBytesSent: Int {
        var size = 0
        unsafe ccurl_get_long(pointer, CURLINFO_REQUEST_SIZE, &size)
        return size
    }

    private func check(_ code: CURLcode) throws(CurlError) {
        guard code == CURLE_OK else { throw CurlError(code) }
    }
}

/// The result code of a libcurl option that could not be set.
struct CurlError: Error {
    let code: CURLcode

    init(_ code: CURLcode) { self.code = code }
}
