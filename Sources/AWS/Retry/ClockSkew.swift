package import Domain

/// The offset of the service's clock from this machine's, learnt from the `Date` of a response that rejected the
/// signature.
package struct ClockSkew: Sendable, Equatable {
    /// A larger difference is taken as the cause of a rejection. Services accept 5 to 15 minutes.
    static let threshold = Duration.seconds(240)

    package private(set) var offset = Duration.zero

    package init() {}

    package func corrected(_ time: Timestamp) -> Timestamp { time.advanced(by: offset) }

    /// Learns the offset from a rejected request. Returns false if its time was not the cause, so that a retry would
    /// also be rejected.
    ///
    /// - Parameters:
    ///   - signedAt: the corrected time with which the request was signed.
    ///   - now: the time of this machine's clock.
    package mutating func learn(serverTime: Timestamp, signedAt: Timestamp, now: Timestamp) -> Bool {
        let difference = serverTime.duration(since: signedAt)
        guard difference > Self.threshold || difference < .zero - Self.threshold else { return false }
        offset = serverTime.duration(since: now)
        return true
    }
}

extension Timestamp {
    /// Parses `Sat, 21 Nov 2026 01:44:46 GMT` (RFC 9110, section 5.6.7). Returns nil for any other form.
    package init?(httpDate text: String) {
        let words = text.split(separator: " ")
        guard words.count == 6, words[5] == "GMT", words[1].utf8.count == 2, words[3].utf8.count == 4,
            let month = months.firstIndex(where: { $0 == words[2] })
        else { return nil }
        let number = month < 9 ? "0\(month + 1)" : "\(month + 1)"
        self.init(iso8601: "\(words[3])-\(number)-\(words[1])T\(words[4])Z")
    }
}

private let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
