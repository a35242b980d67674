package import Domain

/// How far the service's clock is ahead of ours, learnt from the `Date` of an answer that refused ours.
package struct ClockSkew: Sendable, Equatable {
    /// Beyond this, a refusal is laid to the clock; services accept from 5 to 15 minutes.
    static let threshold = Duration.seconds(240)

    package private(set) var offset = Duration.zero

    package init() {}

    package func corrected(_ time: Timestamp) -> Timestamp { time.advanced(by: offset) }

    /// Learns from a refused request. False where its time was not the reason, so that a retry would be refused as well.
    ///
    /// - Parameters:
    ///   - signedAt: the corrected time the request was signed with.
    ///   - now: our own clock's time.
    package mutating func learn(serverTime: Timestamp, signedAt: Timestamp, now: Timestamp) -> Bool {
        let distance = serverTime.duration(since: signedAt)
        guard distance > Self.threshold || distance < .zero - Self.threshold else { return false }
        offset = serverTime.duration(since: now)
        return true
    }
}

extension Timestamp {
    /// Reads `Sat, 21 Nov 2026 01:44:46 GMT` (RFC 9110, section 5.6.7); nil for any other form.
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
