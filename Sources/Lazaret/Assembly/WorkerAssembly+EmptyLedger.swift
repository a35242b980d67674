internal import AWS
internal import Domain
internal import Ledger
internal import Pipelines
internal import Support
internal import Worker

extension WorkerAssembly {
    /// Warns of a ledger without any job beside destinations that hold objects: the ledger of before may be lost, or
    /// the address be a wrong one. What can't be listed is not reported.
    ///
    /// Returns once the ledger has answered: S3 may be away, and the start does not wait for it.
    func warnOfEmptyLedger() async {
        guard let summary = try? await ledger.summary(), summary.jobs == 0 else { return }
        Task { await warnOfObjects() }
    }

    private func warnOfObjects() async {
        var users: [String: Pipeline] = [:]
        for pipeline in pipelines.pipelines {
            for verdict in Verdict.allCases {
                if let bucket = pipeline.action(for: verdict).destination?.bucket { users[bucket] = pipeline }
            }
        }
        var full: [String] = []
        for (bucket, user) in users.sorted(by: { $0.key < $1.key }) {
            guard let page = try? await cloud.s3(of: user).list(bucket: bucket, limit: 1), !page.objects.isEmpty else {
                continue
            }
            full.append("s3://\(bucket)")
        }
        guard !full.isEmpty else { return }
        log(.warning, "the ledger is new and empty, but destinations hold objects: is it the right one?") { json in
            json.field("destinations", full)
        }
    }
}
