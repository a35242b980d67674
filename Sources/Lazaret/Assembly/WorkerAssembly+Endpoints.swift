internal import Domain
internal import Inspection
internal import Intake
internal import Listener
internal import Notices
internal import Support
internal import Transfer
internal import Worker

/// The worker's HTTP endpoints: `/healthz` (the process answers), `/readyz` (it takes on work) and `/metrics`.
extension WorkerAssembly {
    /// Returns a listener that serves until it is released, or nil if `--listen` is not set.
    func listen() throws -> Listener? {
        guard let address = settings.listen else { return nil }
        do {
            let listener = try Listener(on: address) { path in
                switch path {
                case "/healthz": Page("ok\n")
                case "/readyz":
                    Page(status: readiness.isReady ? 200 : 503, readiness.text)
                case "/metrics": Page(contentType: "text/plain; version=0.0.4; charset=utf-8", metrics)
                default: nil
                }
            }
            log(.info, "listening") { json in
                json.field("host", address.host)
                json.field("port", listener.port)
            }
            return listener
        } catch {
            throw CommandFailure(.configuration, "\(error)")
        }
    }

    private var readiness: Readiness {
        let isServing = !scanners.isDown && scanners.signatureSet != nil
        return Readiness(worker, intakes: intakes, ledger: ledger, outages: outages, isServing: isServing)
    }

    private var metrics: String {
        buildMetrics(version: Lazaret.version) + progress.counts.metrics + worker.diskWatch.status.metrics
            + (worker.scratchWatch?.metrics ?? "")
            + scanners.metrics
            + IntakeCounters(sumOf: intakes.map(\.counters)).metrics + ledger.metrics + outages.metrics
            + capabilities.metrics + reviews.metrics + (anchors?.metrics ?? "") + notices.metrics(at: Timestamp.now())
    }
}
