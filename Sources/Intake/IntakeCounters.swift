internal import Support

/// Counts of what an intake has done.
package struct IntakeCounters: Sendable, Equatable {
    /// Requests for messages, including those that returned none.
    package var receives = 0
    package var deleteRequests = 0
    package var visibilityRequests = 0
    /// Messages received.
    package var messages = 0
    /// Messages deleted because all of their records are done.
    package var acknowledged = 0
    /// Messages returned to the queue: for a retry, or unstarted.
    package var returned = 0
    /// Messages not acknowledged on their last receive: SQS moves them to the dead-letter queue.
    package var deadLetters = 0
    /// Messages that are done and could not be deleted.
    package var acknowledgementsFailed = 0
    /// Extensions of leases.
    package var extensions = 0
    /// Messages whose lease was lost before they were settled.
    package var leasesLost = 0
    /// Unreadable bodies and records.
    package var unreadable = 0
    /// Records of other events than ObjectCreated, and test messages.
    package var ignored = 0

    package init() {}

    /// Adds up dead letters, lost leases and failed acknowledgements of several queues; the other counts stay zero.
    package init(sumOf counters: [IntakeCounters]) {
        deadLetters = counters.reduce(0) { $0 + $1.deadLetters }
        leasesLost = counters.reduce(0) { $0 + $1.leasesLost }
        acknowledgementsFailed = counters.reduce(0) { $0 + $1.acknowledgementsFailed }
    }

    /// All requests to SQS.
    package var requests: Int { receives + deleteRequests + visibilityRequests }
}

final class Tally: Sendable {
    private let counters = Locked(IntakeCounters())

    func add(_ change: @Sendable (inout IntakeCounters) -> Void) { counters.withLock { change(&$0) } }

    var snapshot: IntakeCounters { counters.withLock { $0 } }
}
