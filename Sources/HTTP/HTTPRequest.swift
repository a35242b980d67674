/// A request with its whole body. The URL is sent unchanged: it is already percent-encoded, and `..` and `//` are kept.
package struct HTTPRequest: Sendable {
    package var method: String
    package var url: String
    package var headers: [HTTPHeader]
    package var body: [UInt8]
    /// The limit for name lookup, connection and TLS handshake together.
    package var connectTimeout: Duration
    /// The limit for the whole request; nil means no limit.
    package var timeout: Duration?
    package var floor: ThroughputFloor?
    /// Whether a new connection is opened, for instance after the last one stalled.
    package var needsFreshConnection: Bool
    /// Whether a reused connection that closes without a response is an error. Otherwise libcurl sends the request
    /// again on another connection.
    package var isSentOnce: Bool
    /// The statuses whose bodies go to the sink, if there is one. Other bodies are buffered up to a limit.
    package var sinkStatuses: ClosedRange<Int>

    package init(
        method: String = "GET", url: String, headers: [HTTPHeader] = [], body: [UInt8] = [],
        connectTimeout: Duration = .seconds(10), timeout: Duration? = nil, floor: ThroughputFloor? = nil,
        needsFreshConnection: Bool = false, isSentOnce: Bool = false, sinkStatuses: ClosedRange<Int> = 200...299
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.connectTimeout = connectTimeout
        self.timeout = timeout
        self.floor = floor
        self.needsFreshConnection = needsFreshConnection
        self.isSentOnce = isSentOnce
        self.sinkStatuses = sinkStatuses
    }
}

/// The minimum throughput. A request that moves fewer than `bytesPerSecond`, in both directions together, over an
/// interval of length `over` fails as stalled. The wait for the first byte counts.
package struct ThroughputFloor: Sendable {
    package let bytesPerSecond: Int
    package let over: Duration

    package init(bytesPerSecond: Int, over: Duration) {
        self.bytesPerSecond = bytesPerSecond
        self.over = over
    }

    /// The bytes that must be transferred in each interval.
    var bytesPerInterval: Int64 {
        let parts = over.components
        let milliseconds = parts.seconds * 1000 + parts.attoseconds / 1_000_000_000_000_000
        return max(1, Int64(bytesPerSecond) * milliseconds / 1000)
    }
}
