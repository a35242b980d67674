import ScanProtocol

/// One scanner from its start to its end: its first process, its children's slots, and how far it is.
///
/// One serves. While signatures are switched another one loads beside it, and afterwards the former one finishes the calls
/// that it has: so a call has all its life with one set of signatures.
struct Generation: Sendable {
    typealias Instant = ContinuousClock.Instant
    typealias ScannerSlots = Inspection.ScannerSlots<ScannerLink.Waiter>

    enum Stage: Sendable, Equatable {
        /// It has not said yet whether it can work.
        case loading
        /// It can work, and waits until every slot has its child and the folder is seen to be what it loaded.
        case proven
        /// It takes calls.
        case serving
        /// It has calls to finish and takes no more.
        case retiring
        /// It was told to end, and its calls are answered.
        case ending
    }

    let number: Int
    let process: ScannerProcess
    /// The folder as it was seen last before this scanner was started.
    let look: SignatureLook?
    let begun: Instant
    var stage = Stage.loading
    var seats: ScannerSlots
    /// What it loaded, once it has said so.
    var description: EngineDescription?
    /// What it gave as its reason to end.
    var reason: String?
    /// When the stage has lasted too long: loading and waiting together, or ending.
    var deadline: Instant?
    /// Since when a proven scanner has all its children; nil where one is missing.
    var completeSince: Instant?

    /// Whether it is on its way to serve.
    var isComing: Bool { stage == .loading || stage == .proven }

    /// When the thread has to see to it, if nothing comes from it.
    func nextDeadline(patience: Duration) -> Instant? {
        [deadline, seats.nextDeadline, silentSince.map { $0 + patience }].compactMap { $0 }.min()
    }

    /// Since when it owes a child, or word of one's end; nil where it owes nothing.
    var silentSince: Instant? {
        switch stage {
        case .serving: seats.longestWithoutChild
        case .retiring: seats.longestUnexplained
        case .loading, .proven, .ending: nil
        }
    }
}

extension [Generation] {
    var serving: Generation? { first { $0.stage == .serving } }

    /// The scanner that is on its way to serve.
    var coming: Generation? { first { $0.isComing } }

    subscript(number number: Int) -> Generation? { first { $0.number == number } }

    /// Changes one of them in place; nil where it is not there any more.
    mutating func change<Result>(_ number: Int, _ change: (inout Generation) -> Result) -> Result? {
        guard let index = firstIndex(where: { $0.number == number }) else { return nil }
        return change(&self[index])
    }

    mutating func remove(_ number: Int) -> Generation? {
        firstIndex { $0.number == number }.map { remove(at: $0) }
    }
}
