internal import Ledger
internal import Transfer

extension StepFailure {
    /// Maps the errors of Transfer, Inspection, Intake and the ledger.
    init(_ error: any Error) {
        let kind: Kind =
            switch error {
            case let error as TransferError: Kind(error)
            case Interruption.claimLost: .claimLost
            case Interruption.draining, Interruption.stopped: .stopping
            case let error as LedgerError where error.code == .claimLost: .claimLost
            // The worker stops.
            case let error as LedgerError where error.isLoss: .stopping
            default: .transient
            }
        self.init(kind, "\(error)")
    }
}

extension StepFailure.Kind {
    fileprivate init(_ error: TransferError) {
        self =
            switch error {
            case .gone: .objectGone
            case .deleteMarker: .objectIsMarker
            case .superseded: .objectReplaced
            case .mismatchedBytes: .mismatchedBytes
            case .refused: .refused
            case .spool, .untrustworthy, .unverified, .store, .stopped: .transient
            }
    }
}
