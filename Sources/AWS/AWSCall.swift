package import HTTP

/// One operation, ready to be signed.
package struct AWSCall: Sendable {
    /// Such as `CopyObject`.
    package let operation: String
    package let signer: Signer
    package var method: String
    package let address: Address
    /// Percent-encoded, without its `?`.
    package var query = ""
    package var headers: [HTTPHeader] = []
    package var body: [UInt8] = []
    /// How long one try may take.
    package var timeout: Duration? = .seconds(30)
    package var floor: ThroughputFloor?
    /// False for a call that carries its own proof of who calls.
    package var isSigned = true
    package var repetition = Repetition.always

    /// Whether a call that failed in a way that passes is sent again. Where it is not, its caller looks at what is there first:
    /// then libcurl must not do so either, which by itself repeats what a kept connection dropped unanswered.
    package enum Repetition: Sendable {
        case always
        /// Only where the service said that it did not do it, and not where nobody knows (`AWSError.leavesOutcomeOpen`).
        case whereRefused
        case never
    }

    /// Where a call goes.
    package struct Address: Sendable, Equatable {
        /// Scheme and host.
        package let origin: String
        /// As the `host` header has it.
        package let host: String
        /// Percent-encoded, from its first slash on.
        package let path: String
    }

    package init(_ operation: String, signer: Signer, method: String, address: Address) {
        self.operation = operation
        self.signer = signer
        self.method = method
        self.address = address
    }

    var service: AWSService { signer.service }

    /// Adds an item to the query; a nil value leaves its `=` out.
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
