package import Support

/// How the places and the spool of a worker are shared out.
package struct Capacity: Sendable {
    /// Pieces of work under way at once.
    package var places: Int
    /// Of eight pieces begun while both lanes have work, and of eight places, so many are the backfill's; 1 to 7.
    package var backfillWeight = 1
    /// Bytes of spool on disk that all work under way may take together; nil: as much as the disk has.
    package var spoolLimit: Int64?

    package init(places: Int) { self.places = places }

    /// What large work may take. The other places, a quarter and one at least, are for small work alone; but a single
    /// place is everybody's.
    var largePlaces: Int { places - Self.quarter(of: places) }

    /// What the backfill may take. As many are for the live lane alone, so that an upload seldom finds all places taken.
    var backfillPlaces: Int { places - Self.quarter(of: places) }

    /// What large work of the backfill may take.
    var backfillLargePlaces: Int { largePlaces - Self.quarter(of: largePlaces) }

    /// What the backfill may take while live work could begin.
    var backfillShare: Int { max(1, places / 8 * backfillWeight + places % 8 * backfillWeight / 8) }

    /// How many large pieces of the live lane may wait for one of their places before no more messages are asked for.
    /// They are held for the sake of the small ones behind them, and kept from other workers meanwhile.
    var largeWaiting: Int { places < Int.max / 2 ? 2 * places : places }

    private static func quarter(of count: Int) -> Int { count > 1 ? max(1, count / 4) : 0 }
}

/// The spool's file system at one moment.
package struct SpoolSpace: Sendable, Equatable {
    package var disk: DiskSpace
    /// Bytes that the spools of this worker hold there.
    package var spooled: Int64

    package init(disk: DiskSpace, spooled: Int64) {
        self.disk = disk
        self.spooled = spooled
    }
}
