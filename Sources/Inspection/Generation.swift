import ScanProtocol

/// One scanner from start to end, with one set of signatures: its main process, the slots of its children, and its
/// stage.
///
/// One generation serves. During a handover the next one loads beside it; afterwards the previous one finishes its
/// calls. So every call is answered under one set of signatures.
struct Generation: Sendable {
    typealias Instant = ContinuousClock.Instant
    typealias ScannerSlots = Inspection.ScannerSlots<ScannerLink.Waiter>

    enum Stage: Sendable, Equatable {
        /// Loading its signatures.
        case loading
        /// Loaded; waits until every slot has a child and the folder was found unchanged.
        case ready
        /// Takes calls.
        case serving
        /// Finishes its calls and takes no more.
        case retiring
        /// Told to end; its calls are answered.
        case ending
    }

    let number: Int
    let process: ScannerProcess
    /// The last snapshot of the signature folder before this scanner was started.
    let snapshot: SignatureSnapshot?
    let startedAt: Instant
    var stage = Stage.loading
    var slots: ScannerSlots
    /// The engine that it loaded, once reported.
    var description: EngineDescription?
    /// The reason that it reported for its end.
    var reason: String?
    /// When loading and waiting together, or ending, has lasted too long.
    var deadline: Instant?
    /// How many of its children died of a fault of their own.
    var crashes = 0
    /// Since when a ready scanner has all its children; nil if one is missing.
    var completeSince: Instant?

    /// Whether it may serve later.
    var isCandidate: Bool { stage == .loading || stage == .ready }

    /// When the listening thread must check it, if nothing arrives from it.
    func nextDeadline(replacementTimeout: Duration) -> Instant? {
        [deadline, slots.nextDeadline, unresponsiveSince.map { $0 + replacementTimeout }].compactMap { $0 }.min()
    }

    /// Since when it owes a child, or the report of a child's end; nil if it owes nothing.
    var unresponsiveSince: Instant? {
        switch stage {
        case .serving: slots.oldestEmptySlot
        case .retiring: slots.oldestUnexplainedEnd
        case .loading, .ready, .ending: nil
        }
    }
}

extension [Generation] {
    var serving: Generation? { first { $0.stage == .serving } }

    /// The scanner that may serve next.
    var candidate: Generation? { first { $0.isCandidate } }

    subscript(number number: Int) -> Generation? { first { $0.number == number } }

    /// Changes one of them in place. Returns nil if it is gone.
    mutating func change<Result>(_ number: Int, _ change: (inout Generation) -> Result) -> Result? {
        guard let index = firstIndex(where: { $0.number == number }) else { return nil }
        return change(&self[index])
    }

    mutating func remove(_ number: Int) -> Generation? {
        firstIndex { $0.number == number }.map { remove(at: $0) }
    }
}
