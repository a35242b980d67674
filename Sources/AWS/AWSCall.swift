package import HTTP

/// A call of one operation, ready to be signed.
package struct AWSCall: Sendable {
    /// Such as `CopyObject`.
    package let operation: String
    package let signer: Signer
    package var method: String
    package let address: Address
    /// Percent-encoded, without the `?`.
    package var query = ""
    package var headers: [HTTPHeader] = []
    package var body: [UInt8] = []
    /// The limit for each attempt.
    package var timeout: Duration? = .seconds(30)
    package var floor: ThroughputFloor?
    /// False for a call that authenticates itself, such as AssumeRoleWithWebIdentity.
    package var isSigned = true
    package var retries = Retries.always
    /// Called before the call is sent again; false ends it with its last error. Nil allows every repetition.
    package var mayRepeat: (@Sendable () async -> Bool)?

    /// Whether a call that failed with a retryable error is sent again. If it is not, the caller first checks what the
    /// service did. libcurl's own retry, when a reused connection closes without a response, is then disabled too.
    package enum Retries: Sendable {
        case always
        /// Only if the service refused the call, not if the outcome is unknown (`AWSError.leavesOutcomeOpen`).
        case ifRefused
        case never
    }

    /// The URL of a call without its query.
    package struct Address: Sendable, Equatable {
        /// Scheme and host.
        package let origin: String
        /// The value of the `host` header.
        package let host: String
        /// Percent-encoded, including the leading slash.
        package let path: String
    }

    package init(_ operation: String, signer: Signer, method: String, address: Address) {
        self.operation = operation
        self.signer = signer
        self.method = method
        self.address = address
    }

    var service: AWSService { signer.service }

    /// Appends a query item. A nil value omits the `=`.
    mutating func addQuery(_ name: String, _ value: String? = nil) {
        var bytes = Array(query.utf8)
        if !bytes.isEmpty { bytes.append(UInt8(ascii: "&")) }
        PercentEncoding.append(component: name, to: &bytes)
        if let value {
            bytes.append(UInt8(ascii: "="))
            PercentEncoding.append(component: value, to: &bytes)
        }
        query = String(decoding: bytes, as: UTF8.self)
    }

    mutating func addHeader(_ name: String, _ value: String?) {
        if let value { headers.append(HTTPHeader(name, value)) }
    }

    var url: String { query.isEmpty ? address.origin + address.path : "\(address.origin)\(address.path)?\(query)" }
}
