/// How the worker's permits and spool are shared among lanes and sizes.
package struct Capacity: Sendable {
    /// How many pieces of work run at once.
    package var permits: Int
    /// The backfill's share, in eighths, of starts and of permits while both lanes have work; 1 to 7.
    package var backfillWeight = 1
    /// Bytes of spool on disk for all running work together; nil means as much as the disk has.
    package var spoolLimit: Int64?

    package init(permits: Int) { self.permits = permits }

    /// Permits that large work may hold. The others, a quarter and at least one, are reserved for small work. A single
    /// permit is shared by both.
    var largePermits: Int { permits - Self.quarter(of: permits) }

    /// Permits that the backfill may hold. The others are reserved for the live lane, so that an upload rarely has to
    /// wait.
    var backfillPermits: Int { permits - Self.quarter(of: permits) }

    /// Permits that large work of the backfill may hold.
    var backfillLargePermits: Int { largePermits - Self.quarter(of: largePermits) }

    /// Permits that the backfill may hold while live work could start.
    var backfillShare: Int { max(1, permits / 8 * backfillWeight + permits % 8 * backfillWeight / 8) }

    /// How many large pieces of the live lane may wait for a permit before the lane stops receiving. They are held so
    /// that the small ones behind them can start, and are hidden from other workers meanwhile.
    var maxWaitingLarge: Int { permits < Int.max / 2 ? 2 * permits : permits }

    /// Permits that one pipeline, or one uploader, may hold while there are others.
    var sharePermits: Int { permits - Self.quarter(of: permits) }

    /// How many pieces that wait for a share of their own, or are slow, a lane holds while it receives what is behind
    /// them. They are hidden from other workers meanwhile.
    var maxHeldBack: Int { permits < 64 ? 16 * permits : 1000 }

    private static func quarter(of count: Int) -> Int { count > 1 ? max(1, count / 4) : 0 }
}
