internal import Domain
internal import Ledger

/// What one job adds to a count.
struct Addition: Sendable {
    let bytes: Int64
    let time: Timestamp

    /// The size is that of the event; if it has none, what was read.
    init(_ record: JobRecord) {
        bytes = record.job.event.size ?? record.judgement?.evidence.bytesRead ?? 0
        time = record.firstReceivedAt
    }
}
