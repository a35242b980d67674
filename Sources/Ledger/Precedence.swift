package import Domain

/// Whether a clean upload may be promoted, given the other uploads of its key that go to the same location.
///
/// Events arrive in any order and jobs run concurrently, so the last upload to be copied need not be the last that was
/// made. S3's sequencer orders the uploads of a key (Amazon S3 User Guide, "Event message structure"). If one of two
/// uploads has no sequencer, as those of a backfill, their times order them: that of the event, or `Last-Modified`.
///
/// Sequencers are compared as numbers, so a shorter one counts as padded with zeros on its left. Editions of the User
/// Guide differ in the side on which to pad. All sequencers of one key seen so far have the same length, for which both
/// sides give the same order.
///
/// Each job records its judgement before it reads its precedence, so of two jobs that do this at the same time at least
/// one sees the other.
package enum Precedence: Sendable, Equatable {
    /// The upload may be promoted.
    case free
    /// A later upload of the key is clean, and was promoted or will be: this one must not replace it.
    case overtaken(by: JobID)
    /// An earlier upload of the key is clean, and its move may be in progress: this one must wait for it. `until` is
    /// when the earlier job's claim expires.
    case behind(JobID, until: Timestamp)
}

/// When an upload was made, relative to the other uploads of its key.
struct UploadOrder: Sendable, Equatable {
    let sequencer: String?
    /// Of the event, else of the first receipt.
    let time: Timestamp

    func isLater(than other: UploadOrder) -> Bool {
        guard let own = sequencer, let others = other.sequencer else { return time > other.time }
        let (digits, otherDigits) = (Self.digits(own), Self.digits(others))
        // Hexadecimal numbers of different lengths: without leading zeros, the longer one is greater.
        if digits.count != otherDigits.count { return digits.count > otherDigits.count }
        return otherDigits.lexicographicallyPrecedes(digits)
    }

    private static func digits(_ sequencer: String) -> [UInt8] {
        let zero = UInt8(ascii: "0")
        return sequencer.utf8.drop { $0 == zero }.map { (0x61...0x7A).contains($0) ? $0 - 0x20 : $0 }
    }
}

/// Another upload of a key, as a driver finds it for a job.
struct OtherUpload: Sendable {
    let own: UploadOrder
    let job: JobID
    let order: UploadOrder
    /// Nil if nobody holds a claim on it.
    let claimedUntil: Timestamp?

    /// Reads a row of: the own sequencer and time, then id, sequencer, time and claim of the other upload.
    init(_ row: borrowing some LedgerRow & ~Copyable, of job: JobID) {
        own = UploadOrder(sequencer: row.text(0), time: Timestamp(milliseconds: row.integer(1)))
        self.job = row.text(2).flatMap(JobID.init) ?? job
        order = UploadOrder(sequencer: row.text(3), time: Timestamp(milliseconds: row.integer(4)))
        claimedUntil = row.optionalInteger(5).map { Timestamp(milliseconds: $0) }
    }
}

extension Precedence {
    /// - Parameter others: the latest uploads by each measure, and those whose claim has not expired.
    init(among others: [OtherUpload], now: Timestamp) {
        self = .free
        if let later = others.first(where: { $0.order.isLater(than: $0.own) }) {
            self = .overtaken(by: later.job)
            return
        }
        for other in others where other.own.isLater(than: other.order) {
            guard let until = other.claimedUntil, until > now else { continue }
            if case .behind(_, let known) = self, known >= until { continue }
            self = .behind(other.job, until: until)
        }
    }
}
