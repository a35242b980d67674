import ScanProtocol

/// The slots of one scanner's children and the calls that they have, as a value: what happened goes in, what is to be
/// done comes out. `ScannerLink` does it.
///
/// A call is in a slot until its child answers, dies, or is out of time. It is answered once. A slot that lost its child,
/// for whatever reason, takes calls again when the scanner brings a new one.
struct ScannerSlots<Waiter: Sendable>: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// A call that waits in line or runs in a slot.
    struct Call: Sendable {
        let id: UInt64
        let request: ScanRequest
        /// Comes back with the answer.
        let ticket: Nonce
        let descriptor: CInt
        /// How long a child may take for it.
        let allowance: Duration
        let waiter: Waiter
    }

    struct Child: Sendable, Equatable {
        let process: Int32
        let socket: CInt
        /// What it was asked last, whether or not anybody still waits for the answer.
        var ticket: Nonce?
        /// How many requests it has answered.
        var answers = 0
    }

    enum Slot: Sendable {
        /// No child: the scanner is to bring one.
        case empty(since: Instant)
        case free(Child)
        /// The call is nil where its task was cancelled: the answer is not wanted any more, and the child is to be given up.
        case busy(Child, Call?, deadline: Instant)
        /// The child answers no more, and the scanner is to say how it ended. The call is nil where it has its answer.
        case ending(process: Int32, Call?, since: Instant)
    }

    private(set) var slots: [Slot]
    /// Children that were given up for no fault of theirs, and have not ended yet.
    private var retired: Set<Int32> = []

    init(count: Int, now: Instant) { slots = Array(repeating: .empty(since: now), count: count) }

    // MARK: Calls

    /// Whether every slot has a child, none of which has a call.
    var allFree: Bool { slots.allSatisfy { if case .free = $0 { true } else { false } } }

    /// Whether anybody waits for an answer out of these slots.
    var hasCalls: Bool {
        slots.contains { slot in
            switch slot {
            case .busy(_, let call, _), .ending(_, let call, _): call != nil
            case .empty, .free: false
            }
        }
    }

    /// Puts a call into a free slot; nil where there is none.
    mutating func seat(_ call: Call, now: Instant) -> (slot: Int, child: Child)? {
        for (slot, state) in slots.enumerated() {
            guard case .free(var child) = state else { continue }
            child.ticket = call.ticket
            slots[slot] = .busy(child, call, deadline: now + call.allowance)
            return (slot, child)
        }
        return nil
    }

    /// The waiter of a call that is given up by its task; nil where it has its answer.
    mutating func cancel(_ id: UInt64) -> Waiter? {
        for (slot, state) in slots.enumerated() {
            switch state {
            case .busy(let child, let call?, let deadline) where call.id == id:
                slots[slot] = .busy(child, nil, deadline: deadline)
                return call.waiter
            case .ending(let process, let call?, let since) where call.id == id:
                slots[slot] = .ending(process: process, nil, since: since)
                return call.waiter
            case .empty, .free, .busy, .ending: continue
            }
        }
        return nil
    }

    /// All calls; none is left.
    mutating func takeAllCalls() -> [Call] {
        var calls: [Call] = []
        for (slot, state) in slots.enumerated() {
            switch state {
            case .busy(let child, let call?, let deadline):
                slots[slot] = .busy(child, nil, deadline: deadline)
                calls.append(call)
            case .ending(let process, let call?, let since):
                slots[slot] = .ending(process: process, nil, since: since)
                calls.append(call)
            case .empty, .free, .busy, .ending: continue
            }
        }
        return calls
    }

    // MARK: Children

    /// The scanner brought a child. False where the slot does not exist or is taken.
    mutating func started(slot: Int, _ child: Child) -> Bool {
        guard slots.indices.contains(slot), case .empty = slots[slot] else { return false }
        slots[slot] = .free(child)
        return true
    }

    /// The child of a slot answered: the call that it had, where one still wants the answer. The slot is free. False in
    /// `wasAsked` where this is no answer to what the child was asked: the slot stays as it is.
    mutating func answered(slot: Int, _ reply: ScanReply, _ ticket: Nonce) -> (call: Call?, wasAsked: Bool) {
        guard case .busy(var child, let call, _) = slots[slot], child.ticket == ticket,
            call.map({ reply.answers($0.request) }) ?? true
        else { return (nil, false) }
        child.answers += 1
        slots[slot] = .free(child)
        return (call, true)
    }

    /// Gives the children up whose calls were cancelled; they are to be closed and killed. Else such a child would keep its
    /// slot until it is done with what nobody waits for.
    mutating func retireUnwanted(now: Instant) -> [(slot: Int, child: Child)] {
        var unwanted: [(slot: Int, child: Child)] = []
        for (slot, state) in slots.enumerated() {
            guard case .busy(let child, nil, _) = state else { continue }
            slots[slot] = .ending(process: child.process, nil, since: now)
            retired.insert(child.process)
            unwanted.append((slot, child))
        }
        return unwanted
    }

    /// Gives a free child up that has answered as many requests as one may; it is to be closed and killed.
    mutating func retire(slot: Int, after requests: Int, now: Instant) -> Child? {
        guard case .free(let child) = slots[slot], child.answers >= requests else { return nil }
        slots[slot] = .ending(process: child.process, nil, since: now)
        retired.insert(child.process)
        return child
    }

    /// The child of a slot is of no use any more; what stands in the result is to be closed, killed and, where the caller
    /// answers the call itself, told.
    ///
    /// - Parameter keepingCall: the call stays until the scanner says how the child ended.
    mutating func abandon(slot: Int, keepingCall: Bool, now: Instant) -> (child: Child, call: Call?)? {
        switch slots[slot] {
        case .empty, .ending:
            return nil
        case .free(let child):
            slots[slot] = .ending(process: child.process, nil, since: now)
            return (child, nil)
        case .busy(let child, let call, _):
            slots[slot] = .ending(process: child.process, keepingCall ? call : nil, since: now)
            return (child, keepingCall ? nil : call)
        }
    }

    /// What the end of a child leaves to be done.
    struct Leavings {
        /// Its socket, where that is still open.
        var socket: CInt?
        /// The call that it had.
        var call: Call?
        /// Whether it was given up for no fault of its own, which is no news.
        var wasRetired = false
    }

    /// The scanner says that a child ended.
    mutating func ended(slot: Int, process: Int32, now: Instant) -> Leavings {
        guard slots.indices.contains(slot) else { return Leavings() }
        let wasRetired = retired.remove(process) != nil
        switch slots[slot] {
        case .free(let child) where child.process == process:
            slots[slot] = .empty(since: now)
            return Leavings(socket: child.socket)
        case .busy(let child, let call, _) where child.process == process:
            slots[slot] = .empty(since: now)
            return Leavings(socket: child.socket, call: call)
        case .ending(process, let call, _):
            slots[slot] = .empty(since: now)
            return Leavings(call: call, wasRetired: wasRetired)
        case .empty, .free, .busy, .ending:
            return Leavings()
        }
    }

    /// The scanner is gone and with it all children: their sockets, and the calls that they had.
    mutating func clear(now: Instant) -> (sockets: [CInt], calls: [Call]) {
        var sockets: [CInt] = []
        var calls: [Call] = []
        for (slot, state) in slots.enumerated() {
            switch state {
            case .empty: break
            case .free(let child): sockets.append(child.socket)
            case .busy(let child, let call, _):
                sockets.append(child.socket)
                if let call { calls.append(call) }
            case .ending(_, let call, _): if let call { calls.append(call) }
            }
            slots[slot] = .empty(since: now)
        }
        return (sockets, calls)
    }

    /// A new scanner is up: the wait for its children begins.
    mutating func renew(now: Instant) {
        for slot in slots.indices { if case .empty = slots[slot] { slots[slot] = .empty(since: now) } }
    }

    // MARK: Time

    /// Slots whose child ran out of time.
    func timedOut(now: Instant) -> [Int] {
        slots.indices.filter { if case .busy(_, _, let deadline) = slots[$0] { deadline <= now } else { false } }
    }

    /// Since when the call that has waited longest for word of its child's end does so.
    var longestUnexplained: Instant? {
        slots.compactMap { if case .ending(_, .some, let since) = $0 { since } else { nil } }.min()
    }

    /// Since when the slot that has waited longest for a child does so.
    var longestWithoutChild: Instant? {
        slots.compactMap { slot in
            switch slot {
            case .empty(let since), .ending(_, _, let since): since
            case .free, .busy: nil
            }
        }.min()
    }

    var nextDeadline: Instant? {
        slots.compactMap { if case .busy(_, _, let deadline) = $0 { deadline } else { nil } }.min()
    }

    /// The sockets that may speak, with their slots.
    var sockets: [(slot: Int, socket: CInt)] {
        slots.enumerated().compactMap { slot, state in
            switch state {
            case .free(let child), .busy(let child, _, _): (slot, child.socket)
            case .empty, .ending: nil
            }
        }
    }
}
