package import Domain

/// What a job takes of a quota, and the quota itself. The job counts in the hour and in the day (UTC) of `time`.
package struct QuotaCharge: Sendable, Equatable {
    package let pipeline: String
    /// Whose quota it is: jobs with the same text share it. At most 1024 bytes.
    package let subject: String
    /// When the object was uploaded: the same for every attempt of the job.
    package let time: Timestamp
    package let bytes: Int64
    /// Nil if their number is not limited.
    package let objectsPerHour: Int64?
    /// Nil if their size is not limited.
    package let bytesPerDay: Int64?

    package init(
        pipeline: String, subject: String, time: Timestamp, bytes: Int64, objectsPerHour: Int64?, bytesPerDay: Int64?
    ) {
        self.pipeline = pipeline
        self.subject = subject
        self.time = time
        self.bytes = bytes
        self.objectsPerHour = objectsPerHour
        self.bytesPerDay = bytesPerDay
    }
}

/// The result of `Ledger.charge`.
package enum QuotaAnswer: Sendable, Equatable {
    /// The job is counted.
    case within
    /// The job is not counted. `used` is what others have taken of the quota so far.
    case beyondObjects(used: Int64)
    case beyondBytes(used: Int64)
}

/// One counter of a quota: the objects of an hour, or the bytes of a day.
struct QuotaPeriod: Sendable {
    /// In milliseconds.
    let length: Int64
    let start: Int64
    let amount: Int64
    let limit: Int64

    init(length: Int64, at time: Timestamp, amount: Int64, limit: Int64) {
        self.length = length
        // Rounded down, also before 1970.
        let rest = time.milliseconds % length
        start = time.milliseconds - (rest < 0 ? rest + length : rest)
        self.amount = amount
        self.limit = limit
    }

    static let hour: Int64 = 3_600_000
    static let day: Int64 = 24 * hour

    /// Returns whether `amount` would exceed the limit.
    func isExceeded(by used: Int64) -> Bool {
        let (sum, overflows) = used.addingReportingOverflow(amount)
        return overflows || sum > limit
    }

    func refusal(used: Int64) -> QuotaAnswer {
        length == Self.hour ? .beyondObjects(used: used) : .beyondBytes(used: used)
    }

    func values(of charge: QuotaCharge) -> [SQLValue] {
        [.text(charge.pipeline), .bytes(Array(charge.subject.utf8)), .integer(length), .integer(start)]
    }
}

extension QuotaCharge {
    /// The counters, in the order in which every caller locks them.
    var periods: [QuotaPeriod] {
        let hour = objectsPerHour.map { QuotaPeriod(length: QuotaPeriod.hour, at: time, amount: 1, limit: $0) }
        let day = bytesPerDay.map { QuotaPeriod(length: QuotaPeriod.day, at: time, amount: max(0, bytes), limit: $0) }
        return [hour, day].compactMap(\.self)
    }
}
