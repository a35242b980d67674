package import Intake
internal import Ledger

/// Whether a worker takes on work now, for `/readyz`.
package struct Readiness: Sendable, Equatable {
    /// Why it does not; empty if it does.
    package private(set) var obstacles: [String] = []

    package init() {}

    /// - Parameter isServing: whether the scanner has been started and serves.
    package init(
        _ worker: Worker, intakes: [Intake], ledger: RetryingLedger, outages: StoreOutages, isServing: Bool
    ) {
        if worker.isDraining { obstacles.append("stopping") }
        if !ledger.isOpen { obstacles.append("the ledger is not open yet") }
        if ledger.isDown { obstacles.append("the ledger can't be reached") }
        if ledger.loss != nil { obstacles.append("the ledger is lost") }
        if !isServing { obstacles.append("no scanner serves") }
        if outages.stopsReceiving { obstacles.append("S3 can't be used") }
        if intakes.contains(where: \.isFailing) { obstacles.append("messages can't be received") }
    }

    package var isReady: Bool { obstacles.isEmpty }

    /// The body of the page.
    package var text: String { isReady ? "ready\n" : obstacles.map { "not ready: \($0)\n" }.joined() }
}
