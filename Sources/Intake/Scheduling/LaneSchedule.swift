internal import Support

/// Decides which waiting piece of work starts next, and which lane may receive more messages. A value without I/O;
/// times count from any fixed moment.
///
/// - Within a lane the oldest piece that can start starts. Small and large pieces, and those that need spool on disk,
///   wait in queues of their own, so that one that has to wait delays no other kind. It keeps its turn.
/// - While both lanes have work that could start, the backfill gets its weight of eight starts and of eight permits.
///   Otherwise it gets all permits except those that are reserved for the live lane.
/// - A piece starts once its bytes fit into the spool limit and on the disk. Bytes that running work has reserved and
///   not yet written count as used. A piece of more than the whole limit, or of unknown size, starts only while no
///   other running work has reserved bytes. Smaller pieces overtake one that does not fit, but only so many of them.
/// - Pieces whose share is used up wait, and what is behind them overtakes them; see `ShareTable`.
/// - A piece of more than the whole disk starts at once, without bytes: its object is not fetched.
/// - While a piece of a lane waits for bytes, that lane receives no more messages, and neither does the backfill.
struct LaneSchedule<Item: Sendable>: Sendable {
    enum Step: Sendable {
        case start(Item, Permit)
        /// The item can't start on this disk as it is: its message should be delivered again later.
        case refuse(Item, Lane, bytes: Int64)
        /// Nothing can start at the moment.
        case wait
    }

    private enum Obstacle: Sendable, Equatable { case permit, spoolLimit, disk }

    private struct Entry: Sendable {
        let item: Item
        let request: ResourceRequest
        /// Whether it counts as large because its uploader's objects are slow.
        let isSlow: Bool
        /// The order of arrival over all queues.
        let number: Int
    }

    private struct Load: Sendable {
        var all = 0
        var large = 0
    }

    private struct Queue: Sendable {
        let lane: Lane
        let isLarge: Bool
        let needsDisk: Bool
        var entries = FIFOQueue<Entry>()
        /// The first entry whose share lets it start; nil if there is none.
        var next: Int?
        var nextEntry: Entry? { next.flatMap { entries[$0] } }
        /// What that entry waits for, since when it waits for the disk, and how many entries that need disk have
        /// overtaken it.
        var obstacle: Obstacle?
        var waitsForDiskSince: Duration?
        var overtaken = 0

        var waitsForBytes: Bool { obstacle == .spoolLimit || obstacle == .disk }
    }

    /// How many entries that need disk may overtake one that does not fit. After that they wait for it.
    static var maxOvertaking: Int { 64 }
    /// How long an entry may wait for a disk that is not full before its message returns to the queue.
    static var maxDiskWait: Duration { .seconds(600) }
    /// How many unstarted messages a lane holds, and receives at once.
    static var batchSize: Int { 10 }

    private let capacity: Capacity
    /// Those of the live lane first.
    private var queues: [Queue] = Lane.allCases.flatMap { lane in
        [(false, false), (false, true), (true, false), (true, true)].map {
            Queue(lane: lane, isLarge: $0, needsDisk: $1)
        }
    }
    private var arrivals = 0
    private var running: [Lane: Load] = [:]
    /// Bytes of the spool limit that running work has reserved.
    private(set) var reserved: Int64 = 0
    /// Starts that the backfill has earned, in eighths.
    private var backfillCredit = 0
    private var shares = ShareTable()

    init(_ capacity: Capacity) { self.capacity = capacity }

    // MARK: Entries and permits

    mutating func add(_ item: Item, to lane: Lane, request: ResourceRequest) {
        arrivals += 1
        if let share = request.share { shares.arrived(share) }
        let isSlow = !request.isLarge && request.share.map(shares.isSlow) ?? false
        let index = queues.firstIndex {
            $0.lane == lane && $0.isLarge == (request.isLarge || isSlow) && $0.needsDisk == (request.bytes != 0)
        }!
        queues[index].entries.append(Entry(item: item, request: request, isSlow: isSlow, number: arrivals))
    }

    /// Removes and returns the waiting items of a lane, except those to be kept.
    mutating func removeAll(of lane: Lane, keeping isKept: (Item) -> Bool = { _ in false }) -> [Item] {
        var items: [Item] = []
        for index in queues.indices where queues[index].lane == lane {
            let entries = queues[index].entries.removeAll()
            for entry in entries where isKept(entry.item) { queues[index].entries.append(entry) }
            queues[index].next = nil
            items += entries.map(\.item).filter { !isKept($0) }
            resetObstacle(of: index)
        }
        return items
    }

    /// Returns a permit for an item that must not be worked on, and so need not wait for its turn.
    mutating func permitWithoutWork(in lane: Lane) -> Permit {
        running[lane, default: Load()].all += 1
        return Permit(lane: lane, isLarge: false, bytes: 0)
    }

    /// - Parameter cost: the time that the work took of a scanner child; nil if it was not scanned to an end.
    mutating func release(_ permit: Permit, cost: Duration? = nil) {
        if let share = permit.share { shares.ended(share, cost: cost) }
        running[permit.lane, default: Load()].all -= 1
        if permit.isLarge { running[permit.lane, default: Load()].large -= 1 }
        reserved -= permit.bytes
    }

    var isEmpty: Bool { queues.allSatisfy { $0.entries.isEmpty } }

    /// How many messages a lane may receive now; 0 if none.
    func receiveLimit(of lane: Lane) -> Int {
        let isHeldUp = queues.contains { $0.waitsForBytes && ($0.lane == lane || $0.lane == .live) }
        guard !isHeldUp else { return 0 }
        let heldBack = heldBack(in: lane)
        guard heldBack <= capacity.maxHeldBack else { return 0 }
        let waiting = waiting(in: lane) - heldBack
        switch lane {
        case .live:
            let large = queues.reduce(0) { count, queue in
                guard queue.lane == .live, queue.isLarge else { return count }
                return count + queue.entries.count { !isHeldBack($0) }
            }
            let waitingLarge = max(0, large - max(0, capacity.largePermits - count(\.large)))
            // Receive more once everything that waits could start, apart from what waits for a large permit.
            let hasPermits = count(\.all) + waiting - waitingLarge <= capacity.permits
            return hasPermits && waitingLarge <= capacity.maxWaitingLarge ? Self.batchSize : 0
        case .backfill:
            let most = self.waiting(in: .live) > 0 ? min(capacity.backfillShare, Self.batchSize) : Self.batchSize
            let free = most - waiting
            return 2 * free >= most ? max(0, free) : 0
        }
    }

    var status: WorkDispatcher.Status {
        var status = WorkDispatcher.Status(taken: reserved, limit: capacity.spoolLimit)
        for lane in Lane.allCases { status.waiting[lane] = waiting(in: lane) }
        status.waitsForBudget = queues.contains { $0.obstacle == .spoolLimit }
        status.waitsForDisk = queues.contains { $0.obstacle == .disk }
        return status
    }

    /// Whether an entry waits that needs disk.
    var needsDisk: Bool { queues.contains { $0.needsDisk && !$0.entries.isEmpty } }

    /// How many entries of a lane wait for a share, or are slow: what is behind them is received meanwhile.
    private func heldBack(in lane: Lane) -> Int {
        queues.reduce(0) { $0 + ($1.lane == lane ? $1.entries.count(where: isHeldBack) : 0) }
    }

    private func isHeldBack(_ entry: Entry) -> Bool { entry.isSlow || !hasShare(entry) }

    private func hasShare(_ entry: Entry) -> Bool {
        entry.request.share.map { shares.mayStart($0, most: capacity.sharePermits) } ?? true
    }

    private func waiting(in lane: Lane) -> Int { queues.reduce(0) { $0 + ($1.lane == lane ? $1.entries.count : 0) } }

    // MARK: Turns

    /// Returns the next step. Call again until it is `wait`.
    ///
    /// - Parameter space: nil if the disk was not looked at; then nothing starts that needs disk.
    mutating func next(_ space: SpoolSpace?, now: Duration) -> Step {
        for index in queues.indices { updateNext(of: index) }
        for index in queues.indices { updateObstacle(of: index, space, now: now) }
        if let index = queues.indices.first(where: { waitsInVain($0, space, now: now) }) {
            let entry = removeNext(of: index)
            return .refuse(entry.item, queues[index].lane, bytes: entry.request.bytes ?? 0)
        }
        guard let index = nextQueue() else { return .wait }
        let entry = removeNext(of: index)
        let (lane, isLarge) = (queues[index].lane, queues[index].isLarge)
        let neverFits = neverFits(entry, space)
        if entry.request.bytes != 0, !neverFits {
            for other in queues.indices where queues[other].waitsForBytes { queues[other].overtaken += 1 }
        }
        let bytes = neverFits ? 0 : entry.request.bytes ?? capacity.spoolLimit ?? 0
        let permit = Permit(lane: lane, isLarge: isLarge, bytes: bytes, share: entry.request.share)
        if let share = permit.share { shares.started(share) }
        running[lane, default: Load()].all += 1
        if isLarge { running[lane, default: Load()].large += 1 }
        reserved += permit.bytes
        return .start(entry.item, permit)
    }

    private mutating func removeNext(of index: Int) -> Entry {
        let next = queues[index].next!
        resetObstacle(of: index)
        queues[index].next = nil
        return queues[index].entries.remove(at: next)!
    }

    private mutating func updateNext(of index: Int) {
        let before = queues[index].nextEntry?.number
        queues[index].next = queues[index].entries.firstIndex(where: hasShare)
        if queues[index].nextEntry?.number != before { resetObstacle(of: index) }
    }

    private mutating func resetObstacle(of index: Int) {
        (queues[index].obstacle, queues[index].waitsForDiskSince, queues[index].overtaken) = (nil, nil, 0)
    }

    private mutating func updateObstacle(of index: Int, _ space: SpoolSpace?, now: Duration) {
        queues[index].obstacle = queues[index].nextEntry.flatMap { obstacle(of: $0, in: index, space) }
        switch queues[index].obstacle {
        case .disk: queues[index].waitsForDiskSince = queues[index].waitsForDiskSince ?? now
        case .permit: break
        case .spoolLimit, nil: queues[index].waitsForDiskSince = nil
        }
    }

    private func obstacle(of entry: Entry, in index: Int, _ space: SpoolSpace?) -> Obstacle? {
        let (lane, isLarge) = (queues[index].lane, queues[index].isLarge)
        let (all, large) = (count(\.all), count(\.large))
        if all >= capacity.permits || (isLarge && large >= capacity.largePermits) { return .permit }
        if lane == .backfill {
            let own = running[.backfill, default: Load()]
            if own.all >= capacity.backfillPermits || (isLarge && own.large >= capacity.backfillLargePermits) {
                return .permit
            }
        }
        guard entry.request.bytes != 0, !neverFits(entry, space) else { return nil }
        for other in queues.indices where other != index && queues[other].waitsForBytes {
            if lane == .backfill, queues[other].lane == .live { return .spoolLimit }
            let (theirs, own) = (queues[other].overtaken, queues[index].overtaken)
            if theirs >= Self.maxOvertaking, theirs > own { return .spoolLimit }
        }
        if let limit = capacity.spoolLimit {
            let exceedsLimit = entry.request.bytes.map { $0 > limit } ?? true
            if exceedsLimit ? reserved > 0 : reserved > limit - (entry.request.bytes ?? 0) { return .spoolLimit }
        }
        guard let space else { return .disk }
        let unwritten = max(0, reserved - space.spooled)
        return space.disk.spare - unwritten < (entry.request.bytes ?? 1) ? .disk : nil
    }

    /// Whether the entry is larger than the whole disk.
    private func neverFits(_ entry: Entry, _ space: SpoolSpace?) -> Bool {
        guard let bytes = entry.request.bytes, bytes > 0, let disk = space?.disk else { return false }
        return disk.spare < bytes && bytes > disk.total - disk.reserve
    }

    /// Whether the next entry of a queue does not fit on the disk although no other work has reserved bytes, and the
    /// wait has lasted long enough. A full disk is waited for without limit.
    private func waitsInVain(_ index: Int, _ space: SpoolSpace?, now: Duration) -> Bool {
        guard queues[index].obstacle == .disk, reserved == 0, let since = queues[index].waitsForDiskSince,
            let disk = space?.disk, let bytes = queues[index].nextEntry?.request.bytes
        else { return false }
        let exceedsLimit = capacity.spoolLimit.map { bytes > $0 } ?? false
        return disk.spare > 0 && (exceedsLimit || now - since >= Self.maxDiskWait)
    }

    private mutating func nextQueue() -> Int? {
        let (live, backfill) = (oldest(of: .live), oldest(of: .backfill))
        guard let live, let backfill else { return live ?? backfill }
        guard running[.backfill, default: Load()].all < capacity.backfillShare else { return live }
        backfillCredit += capacity.backfillWeight
        guard backfillCredit >= 8 else { return live }
        backfillCredit -= 8
        return backfill
    }

    /// Returns the queue of the lane whose next entry can start and is the oldest.
    private func oldest(of lane: Lane) -> Int? {
        queues.indices.filter { queues[$0].lane == lane && queues[$0].obstacle == nil && queues[$0].next != nil }
            .min { queues[$0].nextEntry!.number < queues[$1].nextEntry!.number }
    }

    private func count(_ kind: KeyPath<Load, Int>) -> Int {
        running.values.reduce(0) { $0 + $1[keyPath: kind] }
    }
}
