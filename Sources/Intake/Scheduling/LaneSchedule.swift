internal import Support

/// Whose turn it is: which of the waiting pieces of work begins next, which lane may ask its queue for more. A value
/// without I/O; times count from any one moment.
///
/// - Within a lane the oldest that can begin begins. Small and large pieces, and those that take bytes of the spool's disk,
///   wait in rows of their own, so that one that has to wait holds up no other kind; it keeps its turn.
/// - While both lanes have work that could begin, the backfill gets its weight of eight turns and of eight places.
///   At other times it gets all but the places that are kept for the live lane.
/// - A piece begins once its bytes fit into the budget and on the disk, what others were promised and have not yet written
///   included. One that is beyond the whole budget, or of unknown size, begins alone among those that take bytes. One
///   for which there is no room is passed by those that fit, but not for ever.
/// - While a piece of a lane waits for bytes, that lane asks for nothing more, nor does the backfill.
struct LaneSchedule<Item: Sendable>: Sendable {
    enum Step: Sendable {
        case begin(Item, Permit)
        /// It can't be had on this disk as things are: its message should come again later.
        case refuse(Item, Lane, bytes: Int64)
        /// Nothing can begin at the moment.
        case wait
    }

    private enum Obstacle: Sendable, Equatable { case place, budget, disk }

    private struct Entry: Sendable {
        let item: Item
        let need: ResourceRequest
        /// In the order of arrival, over all rows.
        let number: Int
    }

    private struct Load: Sendable {
        var all = 0
        var large = 0
    }

    private struct Row: Sendable {
        let lane: Lane
        let isLarge: Bool
        let takesBytes: Bool
        var line = FIFOQueue<Entry>()
        /// Of the first in line: what it waits for, since when for the disk, and how many took bytes before it.
        var obstacle: Obstacle?
        var since: Duration?
        var passed = 0

        var waitsForBytes: Bool { obstacle == .budget || obstacle == .disk }
    }

    /// After so many that took bytes before a piece for which there was no room, the others wait for it.
    static var patience: Int { 64 }
    /// For so long the disk may have room for others and not for a piece, before that goes back.
    static var longestWait: Duration { .seconds(600) }
    /// What a lane holds unstarted, and asks for at once.
    static var batch: Int { 10 }

    private let shares: Capacity
    /// Those of the live lane first.
    private var rows: [Row] = Lane.allCases.flatMap { lane in
        [(false, false), (false, true), (true, false), (true, true)].map {
            Row(lane: lane, isLarge: $0, takesBytes: $1)
        }
    }
    private var arrivals = 0
    private var underWay: [Lane: Load] = [:]
    /// Bytes of the budget that work under way holds.
    private(set) var taken: Int64 = 0
    /// Turns that the backfill has earned, in eighths.
    private var credit = 0

    init(_ shares: Capacity) { self.shares = shares }

    // MARK: Coming and going

    mutating func add(_ item: Item, to lane: Lane, need: ResourceRequest) {
        arrivals += 1
        let index = rows.firstIndex {
            $0.lane == lane && $0.isLarge == need.isLarge && $0.takesBytes == (need.bytes != 0)
        }!
        rows[index].line.append(Entry(item: item, need: need, number: arrivals))
    }

    /// Takes back what has not begun of a lane, but for what is to be kept.
    mutating func removeAll(of lane: Lane, keeping isKept: (Item) -> Bool = { _ in false }) -> [Item] {
        var items: [Item] = []
        for index in rows.indices where rows[index].lane == lane {
            let entries = rows[index].line.removeAll()
            for entry in entries where isKept(entry.item) { rows[index].line.append(entry) }
            items += entries.map(\.item).filter { !isKept($0) }
            (rows[index].obstacle, rows[index].since, rows[index].passed) = (nil, nil, 0)
        }
        return items
    }

    /// A place for what is not to wait its turn, since there is no work in it.
    mutating func placeOutOfTurn(in lane: Lane) -> Permit {
        underWay[lane, default: Load()].all += 1
        return Permit(lane: lane, isLarge: false, bytes: 0)
    }

    var isEmpty: Bool { rows.allSatisfy { $0.line.isEmpty } }

    /// What held the place is over.
    mutating func end(_ place: Permit) {
        underWay[place.lane, default: Load()].all -= 1
        if place.isLarge { underWay[place.lane, default: Load()].large -= 1 }
        taken -= place.bytes
    }

    /// How many messages a lane may ask for now; 0: none.
    func room(for lane: Lane) -> Int {
        let isHeldUp = rows.contains { $0.waitsForBytes && ($0.lane == lane || $0.lane == .live) }
        guard !isHeldUp else { return 0 }
        let waiting = waiting(in: lane)
        switch lane {
        case .live:
            let large = rows.reduce(0) { $0 + ($1.lane == .live && $1.isLarge ? $1.line.count : 0) }
            let parked = max(0, large - max(0, shares.largePlaces - count(\.large)))
            // More is asked for when all that waits could begin, but for those that wait for a large place.
            let hasPlaces = count(\.all) + waiting - parked <= shares.places
            return hasPlaces && parked <= shares.largeWaiting ? Self.batch : 0
        case .backfill:
            let most = self.waiting(in: .live) > 0 ? min(shares.backfillShare, Self.batch) : Self.batch
            let free = most - waiting
            return 2 * free >= most ? max(0, free) : 0
        }
    }

    var status: WorkDispatcherStatus {
        var status = WorkDispatcherStatus(taken: taken, limit: shares.spoolLimit)
        for lane in Lane.allCases { status.waiting[lane] = waiting(in: lane) }
        status.waitsForBudget = rows.contains { $0.obstacle == .budget }
        status.waitsForDisk = rows.contains { $0.obstacle == .disk }
        return status
    }

    /// Whether anybody waits to whom the disk matters.
    var asksForBytes: Bool { rows.contains { $0.takesBytes && !$0.line.isEmpty } }

    private func waiting(in lane: Lane) -> Int { rows.reduce(0) { $0 + ($1.lane == lane ? $1.line.count : 0) } }

    // MARK: Turns

    /// The next step. After a step that is not `wait` ask again.
    ///
    /// - Parameter space: nil where nobody looked; then nothing begins that takes bytes.
    mutating func next(_ space: SpoolSpace?, now: Duration) -> Step {
        for index in rows.indices { judge(index, space, now: now) }
        if let index = rows.indices.first(where: { isHopeless($0, space, now: now) }) {
            let entry = leave(index)
            return .refuse(entry.item, rows[index].lane, bytes: entry.need.bytes ?? 0)
        }
        guard let index = choice() else { return .wait }
        let entry = leave(index)
        let (lane, isLarge) = (rows[index].lane, rows[index].isLarge)
        if entry.need.bytes != 0 {
            for other in rows.indices where rows[other].waitsForBytes { rows[other].passed += 1 }
        }
        let place = Permit(lane: lane, isLarge: isLarge, bytes: entry.need.bytes ?? shares.spoolLimit ?? 0)
        underWay[lane, default: Load()].all += 1
        if isLarge { underWay[lane, default: Load()].large += 1 }
        taken += place.bytes
        return .begin(entry.item, place)
    }

    private mutating func leave(_ index: Int) -> Entry {
        (rows[index].obstacle, rows[index].since, rows[index].passed) = (nil, nil, 0)
        return rows[index].line.removeFirst()!
    }

    /// Notes what keeps the first of a row from beginning.
    private mutating func judge(_ index: Int, _ space: SpoolSpace?, now: Duration) {
        rows[index].obstacle = rows[index].line.first.flatMap { obstacle(of: $0, in: index, space) }
        switch rows[index].obstacle {
        case .disk: rows[index].since = rows[index].since ?? now
        case .place: break
        case .budget, nil: rows[index].since = nil
        }
    }

    private func obstacle(of entry: Entry, in index: Int, _ space: SpoolSpace?) -> Obstacle? {
        let (lane, isLarge) = (rows[index].lane, rows[index].isLarge)
        let (all, large) = (count(\.all), count(\.large))
        if all >= shares.places || (isLarge && large >= shares.largePlaces) { return .place }
        if lane == .backfill {
            let own = underWay[.backfill, default: Load()]
            if own.all >= shares.backfillPlaces || (isLarge && own.large >= shares.backfillLargePlaces) {
                return .place
            }
        }
        guard entry.need.bytes != 0 else { return nil }
        for other in rows.indices where other != index && rows[other].waitsForBytes {
            if lane == .backfill, rows[other].lane == .live { return .budget }
            if rows[other].passed >= Self.patience, rows[other].passed > rows[index].passed { return .budget }
        }
        if let limit = shares.spoolLimit {
            let isBeyond = entry.need.bytes.map { $0 > limit } ?? true
            if isBeyond ? taken > 0 : taken > limit - (entry.need.bytes ?? 0) { return .budget }
        }
        guard let space else { return .disk }
        let promised = max(0, taken - space.spooled)
        return space.disk.spare - promised < (entry.need.bytes ?? 1) ? .disk : nil
    }

    /// Whether the first of a row waits in vain: nothing else holds bytes, the disk is not full, and yet there is no room.
    private func isHopeless(_ index: Int, _ space: SpoolSpace?, now: Duration) -> Bool {
        guard rows[index].obstacle == .disk, taken == 0, let since = rows[index].since, let disk = space?.disk,
            let bytes = rows[index].line.first?.need.bytes
        else { return false }
        if bytes > disk.total - disk.reserve { return true }
        let isBeyond = shares.spoolLimit.map { bytes > $0 } ?? false
        return disk.spare > 0 && (isBeyond || now - since >= Self.longestWait)
    }

    private mutating func choice() -> Int? {
        let (live, backfill) = (oldest(of: .live), oldest(of: .backfill))
        guard let live, let backfill else { return live ?? backfill }
        guard underWay[.backfill, default: Load()].all < shares.backfillShare else { return live }
        credit += shares.backfillWeight
        guard credit >= 8 else { return live }
        credit -= 8
        return backfill
    }

    /// The row whose first came before all others of the lane that can begin.
    private func oldest(of lane: Lane) -> Int? {
        rows.indices.filter { rows[$0].lane == lane && rows[$0].obstacle == nil && !rows[$0].line.isEmpty }
            .min { rows[$0].line.first!.number < rows[$1].line.first!.number }
    }

    private func count(_ kind: KeyPath<Load, Int>) -> Int {
        underWay.values.reduce(0) { $0 + $1[keyPath: kind] }
    }
}
