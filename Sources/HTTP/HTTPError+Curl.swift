internal import CCurl

extension HTTPError {
    /// Translates libcurl's result of a transfer.
    ///
    /// - Parameters:
    ///   - detail: libcurl's text for this failure; if empty, its general text for the code is used.
    ///   - reachedServer: whether any byte of the request was sent.
    init(_ result: CURLcode, operation: String, detail: String, reachedServer: Bool) {
        let code: Code
        let hint: String
        var isTransient = true
        switch result {
        case CURLE_OPERATION_TIMEDOUT:
            code = .timedOut
            hint = "Check that the endpoint is reachable and not overloaded."
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY:
            code = .connectFailed
            hint = "Check the endpoint's host name, the region and DNS."
        case CURLE_COULDNT_CONNECT, CURLE_PROXY, CURLE_INTERFACE_FAILED:
            code = .connectFailed
            hint = "Check the endpoint's address and port, and that the service is running and no firewall blocks it."
        case CURLE_PEER_FAILED_VERIFICATION:
            code = .tls
            hint = "Set AWS_CA_BUNDLE to a PEM file with the authority that signed the server's certificate."
            isTransient = false
        case CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER, CURLE_SSL_ISSUER_ERROR,
            CURLE_SSL_ENGINE_NOTFOUND, CURLE_SSL_ENGINE_SETFAILED, CURLE_SSL_ENGINE_INITFAILED, CURLE_SSL_CRL_BADFILE,
            CURLE_SSL_PINNEDPUBKEYNOTMATCH, CURLE_SSL_INVALIDCERTSTATUS, CURLE_USE_SSL_FAILED:
            code = .tls
            hint =
                "Check that AWS_CA_BUNDLE is a readable PEM file, and which TLS versions and ciphers the server offers."
            isTransient = false
        case CURLE_SSL_CONNECT_ERROR, CURLE_SSL_SHUTDOWN_FAILED:
            code = .tls
            hint = "Check that the endpoint speaks TLS 1.2 or later on this port."
        case CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_GOT_NOTHING, CURLE_SEND_FAIL_REWIND:
            code = .connectionLost
            hint = "Try again; if it recurs, check the server's log and any proxy or load balancer in between."
        case CURLE_PARTIAL_FILE:
            code = .truncated
            hint = "Try again; if it recurs, check the server's log and any proxy or load balancer in between."
        case CURLE_UNSUPPORTED_PROTOCOL where reachedServer, CURLE_WEIRD_SERVER_REPLY, CURLE_HTTP2, CURLE_HTTP2_STREAM,
            CURLE_BAD_CONTENT_ENCODING:
            code = .protocolViolation
            hint = "Check that the endpoint is an HTTP service, and that http and https are not mixed up."
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL, CURLE_BAD_FUNCTION_ARGUMENT:
            code = .invalidRequest
            hint = "Check the endpoint's URL: http or https, a host, and optionally a port."
            isTransient = false
        default:
            code = .unavailable
            hint = "Check the process's memory and open-file limits."
        }
        self.init(
            code: code, operation: operation,
            message: detail.isEmpty ? unsafe String(cString: curl_easy_strerror(result)) : detail, hint: hint,
            isTransient: isTransient, mayHaveReachedServer: reachedServer)
    }
}
