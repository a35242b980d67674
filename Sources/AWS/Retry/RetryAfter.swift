package import Domain
package import HTTP

/// Returns the delay that a response requests: `x-amz-retry-after` in milliseconds, or `Retry-After` in seconds or as a
/// date (RFC 9110, section 10.2.3). Returns nil if there is none or it cannot be parsed.
package func retryAfter(_ headers: HTTPHeaders, now: Timestamp) -> Duration? {
    if let milliseconds = headers["x-amz-retry-after"].flatMap({ Int($0) }), milliseconds >= 0 {
        return .milliseconds(milliseconds)
    }
    guard let text = headers["retry-after"] else { return nil }
    if let seconds = Int(text) { return seconds >= 0 ? .seconds(seconds) : nil }
    return Timestamp(httpDate: text).map { max(.zero, $0.duration(since: now)) }
}
