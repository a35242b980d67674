/// The settings of an HTTP client.
package struct HTTPConfiguration: Sendable {
    /// A PEM file of certificate authorities to use instead of the system's.
    package var caFile: String?
    package var proxy: Proxy
    /// The number of idle connections kept for reuse.
    package var idleConnections: Int
    /// The longest idle time after which a connection is reused. Servers close idle connections after 5 s to 75 s;
    /// reusing one that was closed is detected and costs a round trip.
    package var idleLifetime: Duration
    /// The maximum size of a response's header lines, in bytes.
    package var headerLimit: Int
    /// The maximum size of a buffered body, in bytes.
    package var bodyLimit: Int
    /// The maximum size of a buffered body of a response whose status is not 2xx, in bytes.
    package var errorBodyLimit: Int
    /// Whether connections to clouds' metadata services fail, which serve a machine's credentials: for URLs that others
    /// choose.
    package var refusesMetadataServices = false

    /// `fromEnvironment` is curl's convention and, except for letter case, that of the AWS tools: `https_proxy`,
    /// `http_proxy`, `all_proxy` and `no_proxy`. Loopback addresses are never proxied.
    package enum Proxy: Sendable { case fromEnvironment, none }

    package init(
        caFile: String? = nil, proxy: Proxy = .fromEnvironment, idleConnections: Int = 64,
        idleLifetime: Duration = .seconds(60), headerLimit: Int = 64 << 10, bodyLimit: Int = 16 << 20,
        errorBodyLimit: Int = 1 << 20
    ) {
        self.caFile = caFile
        self.proxy = proxy
        self.idleConnections = idleConnections
        self.idleLifetime = idleLifetime
        self.headerLimit = headerLimit
        self.bodyLimit = bodyLimit
        self.errorBodyLimit = errorBodyLimit
    }
}
