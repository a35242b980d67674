/// What all requests of one client share.
package struct HTTPConfiguration: Sendable {
    /// A PEM file of certificate authorities that replaces the system's.
    package var caFile: String?
    package var proxy: Proxy
    /// How many idle connections are kept for reuse.
    package var idleConnections: Int
    /// How long a connection may have been idle and still be used again. Servers close theirs at times between 5 s and 75 s;
    /// one that was closed meanwhile is noticed and replaced, at the price of a round trip.
    package var idleLifetime: Duration
    /// The most that the header lines of one answer may hold together, in bytes.
    package var headerLimit: Int
    /// The most that is buffered of one body, in bytes.
    package var bodyLimit: Int
    /// The most that is buffered of one body whose status is not 2xx, in bytes.
    package var errorBodyLimit: Int

    /// libcurl's convention, which is curl's and, but for letter case, that of the AWS tools: `https_proxy`, `http_proxy`,
    /// `all_proxy` and `no_proxy` from the environment. A loopback address is never asked for through a proxy.
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
