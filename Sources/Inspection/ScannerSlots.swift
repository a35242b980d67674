import ScanProtocol

/// The slots of one scanner's children and their calls, as a state machine without I/O: events go in, and what
/// `ScannerListener` must close, kill or answer comes out.
///
/// A call stays in a slot until its child replies, dies, or runs out of time, and is answered once. A slot that lost
/// its child takes calls again when the scanner has started a new one.
struct ScannerSlots<Waiter: Sendable>: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// A call that is queued or runs in a slot.
    struct Call: Sendable {
        let id: UInt64
        let request: ScanRequest
        /// Must come back with the reply.
        var nonce: Nonce
        let descriptor: CInt
        /// How long a child may take.
        let allowance: Duration
        /// Whether it may not use the reserved slot.
        var isLarge = false
        /// Whose object it is (`ObjectOwner`).
        var owner = ""
        let waiter: Waiter
    }

    struct Child: Sendable, Equatable {
        let process: Int32
        let socket: CInt
        /// The nonce of its last request, whether or not anybody still waits for the reply.
        var nonce: Nonce?
        /// How many requests it has answered.
        var answers = 0
    }

    enum Slot: Sendable {
        /// No child; the scanner must start one.
        case empty(since: Instant)
        case free(Child)
        /// The call is nil if its task was cancelled; the child is then to be killed.
        case busy(Child, Call?, deadline: Instant)
        /// The child is gone or to be killed, and the scanner must report how it ended. The call is nil if it was
        /// answered.
        case ending(process: Int32, Call?, since: Instant)
    }

    private(set) var slots: [Slot]
    /// The slot that takes no large call, and none of an owner who has another one running while there are other
    /// owners; nil if each takes any.
    private let reserved: Int?
    /// When owners had a call last; those of the last `ownerMemory`.
    private var owners: [String: Instant] = [:]
    /// For how long the reserved slot waits for another owner's next call.
    private static var ownerMemory: Duration { .seconds(2) }
    /// Children that were retired without fault and have not ended yet.
    private var retired: Set<Int32> = []

    /// - Parameter reserving: whether one slot, if there are two or more, takes no large call.
    init(count: Int, reserving: Bool = false, now: Instant) {
        slots = Array(repeating: .empty(since: now), count: count)
        reserved = reserving && count > 1 ? 0 : nil
    }

    // MARK: Calls

    /// Whether every slot has a child without a call.
    var allFree: Bool { slots.allSatisfy { if case .free = $0 { true } else { false } } }

    /// Whether any call in these slots waits for its answer.
    var hasCalls: Bool {
        slots.contains { slot in
            switch slot {
            case .busy(_, let call, _), .ending(_, let call, _): call != nil
            case .empty, .free: false
            }
        }
    }

    /// The slots whose child works, or has not been reported as ended yet.
    var occupied: Set<Int> {
        Set(
            slots.indices.filter { slot in
                switch slots[slot] {
                case .busy, .ending: true
                case .empty, .free: false
                }
            })
    }

    /// The order in which waiting calls are to start: those of owners with the fewest running calls first, then by
    /// arrival. An owner whose objects take long does not keep every slot from the others.
    func order(of waiting: [Call]) -> [Int] {
        let running = runningCalls
        func rank(_ index: Int) -> (Int, Int) { (running[waiting[index].owner] ?? 0, index) }
        return waiting.indices.sorted { rank($0) < rank($1) }
    }

    /// How many calls each owner has in a child.
    private var runningCalls: [String: Int] {
        var running: [String: Int] = [:]
        for case .busy(_, let call?, _) in slots { running[call.owner, default: 0] += 1 }
        return running
    }

    /// Whether the reserved slot is kept from a call.
    private func isKept(from call: Call, now: Instant) -> Bool {
        call.isLarge
            || runningCalls[call.owner] != nil
                && owners.contains { $0.key != call.owner && $0.value + Self.ownerMemory > now }
    }

    private mutating func note(_ owner: String, at now: Instant) {
        owners = owners.filter { $0.value + Self.ownerMemory > now }
        owners[owner] = now
    }

    /// Puts a call into a free slot. Returns nil if no slot that it may use is free.
    ///
    /// - Parameter taken: slots that another scanner's children occupy.
    mutating func assign(_ call: Call, besides taken: Set<Int> = [], now: Instant) -> (slot: Int, child: Child)? {
        for (slot, state) in slots.enumerated() {
            guard case .free(var child) = state, !taken.contains(slot),
                slot != reserved || !isKept(from: call, now: now)
            else { continue }
            note(call.owner, at: now)
            child.nonce = call.nonce
            slots[slot] = .busy(child, call, deadline: now + call.allowance)
            return (slot, child)
        }
        return nil
    }

    /// Takes the reserved slot back from a call that has held it for as long as it may. Returns the child, to be closed
    /// and killed, and the call, as a large one that is to be started again.
    mutating func takeBackReserved(after time: Duration, now: Instant) -> (slot: Int, child: Child, call: Call)? {
        guard let reserved, case .busy(let child, var call?, let deadline) = slots[reserved],
            deadline - call.allowance + time <= now
        else { return nil }
        slots[reserved] = .ending(process: child.process, nil, since: now)
        retired.insert(child.process)
        call.isLarge = true
        return (reserved, child, call)
    }

    /// Removes a cancelled call and returns its waiter, or nil if it was already answered.
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

    /// Removes and returns all calls.
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

    /// Handles the report of a new child. Returns false if the slot does not exist or is taken.
    mutating func started(slot: Int, _ child: Child) -> Bool {
        guard slots.indices.contains(slot), case .empty = slots[slot] else { return false }
        slots[slot] = .free(child)
        return true
    }

    /// Handles a reply: frees the slot and returns its call, if one still waits. `wasAsked` is false, and the slot
    /// unchanged, if the reply does not answer the child's last request.
    mutating func answered(slot: Int, _ reply: ScanReply, _ nonce: Nonce) -> (call: Call?, wasAsked: Bool) {
        guard case .busy(var child, let call, _) = slots[slot], child.nonce == nonce,
            call.map({ reply.answers($0.request) }) ?? true
        else { return (nil, false) }
        child.answers += 1
        slots[slot] = .free(child)
        return (call, true)
    }

    /// Retires the children whose calls were cancelled and returns them, to be closed and killed. They would otherwise
    /// occupy their slots for results that nobody waits for.
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

    /// Retires a free child that has answered as many requests as allowed and returns it, to be closed and killed.
    mutating func retire(slot: Int, after requests: Int, now: Instant) -> Child? {
        guard case .free(let child) = slots[slot], child.answers >= requests else { return nil }
        slots[slot] = .ending(process: child.process, nil, since: now)
        retired.insert(child.process)
        return child
    }

    /// Gives up the child of a slot. Returns it, to be closed and killed, with its call, to be answered.
    ///
    /// - Parameter keepingCall: leaves the call in the slot until the scanner reports how the child ended.
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

    /// What remains to be done after a child ended.
    struct ChildEnd {
        /// Its socket, if still open.
        var socket: CInt?
        /// Its call, if not answered.
        var call: Call?
        /// Whether it was retired without fault; its end is then not logged.
        var wasRetired = false
    }

    /// Handles the report that a child ended.
    mutating func ended(slot: Int, process: Int32, now: Instant) -> ChildEnd {
        guard slots.indices.contains(slot) else { return ChildEnd() }
        let wasRetired = retired.remove(process) != nil
        switch slots[slot] {
        case .free(let child) where child.process == process:
            slots[slot] = .empty(since: now)
            return ChildEnd(socket: child.socket)
        case .busy(let child, let call, _) where child.process == process:
            slots[slot] = .empty(since: now)
            return ChildEnd(socket: child.socket, call: call)
        case .ending(process, let call, _):
            slots[slot] = .empty(since: now)
            return ChildEnd(call: call, wasRetired: wasRetired)
        case .empty, .free, .busy, .ending:
            return ChildEnd()
        }
    }

    /// Empties all slots because the scanner is gone. Returns the children's sockets and their calls.
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

    /// Restarts the wait for missing children.
    mutating func renew(now: Instant) {
        for slot in slots.indices { if case .empty = slots[slot] { slots[slot] = .empty(since: now) } }
    }

    // MARK: Time

    /// Slots whose child ran out of time.
    func timedOut(now: Instant) -> [Int] {
        slots.indices.filter { if case .busy(_, _, let deadline) = slots[$0] { deadline <= now } else { false } }
    }

    /// Since when the oldest call has waited for the report of its child's end.
    var oldestUnexplainedEnd: Instant? {
        slots.compactMap { if case .ending(_, .some, let since) = $0 { since } else { nil } }.min()
    }

    /// Since when the slot that has waited longest has had no child.
    var oldestEmptySlot: Instant? {
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

    /// The sockets to receive from, with their slots.
    var sockets: [(slot: Int, socket: CInt)] {
        slots.enumerated().compactMap { slot, state in
            switch state {
            case .free(let child), .busy(let child, _, _): (slot, child.socket)
            case .empty, .ending: nil
            }
        }
    }
}
