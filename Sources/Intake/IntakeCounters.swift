internal import Support

/// What the intake did so far.
package struct IntakeCounters: Sendable, Equatable {
    /// Requests for messages, those that brought none included.
    package var receives = 0
    package var deleteRequests = 0
    package var visibilityRequests = 0
    /// Messages received.
    package var messages = 0
    /// Messages deleted, each of their records settled for good.
    package var acknowledged = 0
    /// Messages given back to be tried again, and those handed back unstarted.
    package var returned = 0
    /// Messages that were not acknowledged at their last receipt: the queue moves them to the dead-letter queue.
    package var deadLetters = 0
    /// How often a lease was extended.
    package var extensions = 0
    /// Messages whose lease was lost before they were settled.
    package var leasesLost = 0
    /// Bodies and records that can't be read.
    package var unreadable = 0
    /// Records of anything but ObjectCreated, and test messages.
    package var ignored = 0

    package init() {}

    /// All requests to the queue.
    package var requests: Int { receives + deleteRequests + visibilityRequests }
}

extension Sequence<IntakeCounters> {
    /// What several intakes did together.
    package var sum: IntakeCounters {
        reduce(into: IntakeCounters()) { sum, counters in
            sum.receives += counters.receives
            sum.deleteRequests += counters.deleteRequests
            sum.visibilityRequests += counters.visibilityRequests
            sum.messages += counters.messages
            sum.acknowledged += counters.acknowledged
            sum.returned += counters.returned
            sum.deadLetters += counters.deadLetters
            sum.extensions += counters.extensions
            sum.leasesLost += counters.leasesLost
            sum.unreadable += counters.unreadable
            sum.ignored += counters.ignored
        }
    }
}

final class Tally: Sendable {
    private let counters = Locked(IntakeCounters())

    func add(_ change: @Sendable (inout IntakeCounters) -> Void) { counters.withLock { change(&$0) } }

    var snapshot: IntakeCounters { counters.withLock { $0 } }
}
