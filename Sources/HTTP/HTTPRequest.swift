/// One request, whole. The URL is sent as it stands: what must be percent-encoded already is, and `..` and `//` stay.
package struct HTTPRequest: Sendable {
    package var method: String
    package var url: String
    package var headers: [HTTPHeader]
    package var body: [UInt8]
    /// How long the name look-up, the connection and the TLS handshake may take together.
    package var connectTimeout: Duration
    /// How long the whole request may take; nil for no such bound.
    package var timeout: Duration?
    package var floor: ThroughputFloor?
    /// Whether a connection of its own is opened, for instance after the last one stalled.
    package var needsFreshConnection: Bool
    /// Whether a connection that ends without an answer is an error even where it had served others before: libcurl
    /// would send the request again by itself.
    package var isSentOnce: Bool
    /// The statuses whose bodies go to the sink, where one is given. All others are buffered, in a bound of their own.
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

/// The least that must flow: fewer than `bytesPerSecond`, in either direction, over any whole stretch of `over` cuts the
/// transfer as stalled. The wait for the first byte counts too.
package struct ThroughputFloor: Sendable {
    package let bytesPerSecond: Int
    package let over: Duration

    package init(bytesPerSecond: Int, over: Duration) {
        self.bytesPerSecond = bytesPerSecond
        self.over = over
    }

    /// How many bytes one whole stretch must bring.
    var bytesPerStretch: Int64 {
        let parts = over.components
        let milliseconds = parts.seconds * 1000 + parts.attoseconds / 1_000_000_000_000_000
        return max(1, Int64(bytesPerSecond) * milliseconds / 1000)
    }
}
