package import AWS
package import Ledger

/// Why a replay did not finish.
package enum ReplayFailure: Error, Sendable {
    /// It was cancelled. What was done is complete; nothing is half-done.
    case stopped
    case ledger(LedgerError)
    /// Messages were not sent. Their jobs are open and stranded.
    case sending(SQSBatchFailure)
    /// A request to the dead-letter queue failed.
    case queue(AWSError)
}
