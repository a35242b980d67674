internal import Domain
package import Ledger

/// Sends notices to one destination.
package protocol NoticeSender: Sendable {
    /// The most notices that `send` takes.
    var batchSize: Int { get }

    /// Sends notices with one request.
    ///
    /// - Returns: for each notice, in order: nil once the destination has taken it, otherwise why it has not.
    func send(_ notices: [NewNotice]) async -> [SendFailure?]

    /// Tries whether the destination can be used, without sending anything.
    ///
    /// - Returns: what was found out.
    func check() async throws(SendFailure) -> String
}

extension NoticeSender {
    /// Returns once the destination has taken the notice.
    package func send(_ notice: NewNotice) async throws(SendFailure) {
        if let failure = await send([notice]).first ?? nil { throw failure }
    }
}

/// Why a notice was not taken.
package struct SendFailure: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Kind: Sendable, Equatable {
        /// The destination can't be used: every other notice would fail as well.
        case unavailable
        /// The destination does not take this notice, and perhaps takes others.
        case refused
        /// The destination asks for no more notices, ever.
        case gone
        /// The task was cancelled.
        case cancelled
    }

    package let kind: Kind
    /// Without secrets.
    package let description: String
    /// How long the destination asks to wait.
    package let retryAfter: Duration?

    package init(_ kind: Kind, _ description: String, retryAfter: Duration? = nil) {
        self.kind = kind
        self.description = description
        self.retryAfter = retryAfter
    }
}

/// The limit for one request to a destination.
let sendTimeout = Duration.seconds(10)

/// How long a call takes at most by default: three attempts, and two waits of up to 20 s that AWS asked for.
let longestCall = sendTimeout * 3 + .seconds(40)

/// How long after its first call a batch may begin another one. It is longer than a call, so that one follows even the
/// longest.
let lastCall = longestCall + .seconds(10)
