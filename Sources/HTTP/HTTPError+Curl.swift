internal import CCurl

extension HTTPError {
    /// What libcurl's result of a transfer means for the caller.
    ///
    /// - Parameters:
    ///   - detail: the text libcurl left for this transfer; its general text for the code where that is empty.
    ///   - reached: whether any byte of the request was sent.
    init(_ result: CURLcode, operation: String, detail: String, reached: Bool) {
        let code: Code
        let hint: String
        var isTransient = true
        switch result {
        case CURLE_OPERATION_TIMEDOUT:
            code = .timedOut
            hint = "Check that the endpoint is reachable and not overloaded."
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY:
            code = .connectFailed
            hint = "Check the endpoint's name, the region and the name servers."
        case CURLE_COULDNT_CONNECT, CURLE_PROXY, CURLE_INTERFACE_FAILED:
            code = .connectFailed
            hint = "Check the endpoint's address and port, and that the service runs and no firewall is in between."
        case CURLE_PEER_FAILED_VERIFICATION:
            code = .tls
            hint = "Set AWS_CA_BUNDLE to the PEM file of the authority that signed the server's certificate."
            isTransient = false
        case CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER, CURLE_SSL_ISSUER_ERROR,
            CURLE_SSL_ENGINE_NOTFOUND, CURLE_SSL_ENGINE_SETFAILED, CURLE_SSL_ENGINE_INITFAILED, CURLE_SSL_CRL_BADFILE,
            CURLE_SSL_PINNEDPUBKEYNOTMATCH, CURLE_SSL_INVALIDCERTSTATUS, CURLE_USE_SSL_FAILED:
            code = .tls
            hint = "Check that AWS_CA_BUNDLE names a readable PEM file, and what the server offers."
            isTransient = false
        case CURLE_SSL_CONNECT_ERROR, CURLE_SSL_SHUTDOWN_FAILED:
            code = .tls
            hint = "Check that the endpoint speaks TLS 1.2 or later on this port."
        case CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_GOT_NOTHING, CURLE_SEND_FAIL_REWIND:
            code = .connectionLost
            hint = "Try again; if it goes on, look at the server's log and at what stands in between."
        case CURLE_PARTIAL_FILE:
            code = .truncated
            hint = "Try again; if it goes on, look at the server's log and at what stands in between."
        case CURLE_UNSUPPORTED_PROTOCOL where reached, CURLE_WEIRD_SERVER_REPLY, CURLE_HTTP2, CURLE_HTTP2_STREAM,
            CURLE_BAD_CONTENT_ENCODING:
            code = .protocolViolation
            hint = "Check that the endpoint is an HTTP service, and that http and https were not mixed up."
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL, CURLE_BAD_FUNCTION_ARGUMENT:
            code = .invalidRequest
            hint = "Check the endpoint's URL: http or https, a host, perhaps a port."
            isTransient = false
        default:
            code = .unavailable
            hint = "Check the process's limits of memory and open files."
        }
        self.init(
            code: code, operation: operation,
            message: detail.isEmpty ? unsafe String(cString: curl_easy_strerror(result)) : detail, hint: hint,
            isTransient: isTransient, mayHaveReachedServer: reached)
    }
}
