package import Support
package import Transfer

/// Says once a minute that scans wait for room under the scratch folder, while they do.
package struct ScratchWatch: Sendable {
    private let folder: SpoolFolder
    private let log: Log
    private let reminder: Reminder

    package init(folder: SpoolFolder, clock: any Clock<Duration> & Sendable = ContinuousClock(), log: Log) {
        self.folder = folder
        self.log = log
        reminder = Reminder(clock: clock)
    }

    /// Until its task is cancelled.
    package func run() async {
        await reminder.run {
            folder.isWaitedFor
        } say: {
            let space = folder.space
            log(.warning, "scratch full: waiting") { json in
                json.field("folder", folder.path)
                json.field("free", space?.free)
                json.field("reserve", space?.reserve)
            }
        }
    }

    /// In Prometheus' text format.
    package var metrics: String {
        var page = MetricsPage()
        page.value(
            "lazaret_scratch_free_bytes", "gauge", "What the scratch folder's disk can still take.", folder.space?.free)
        page.value(
            "lazaret_waiting_for_scratch", "gauge", "1 while scans wait for room on the scratch folder's disk.",
            folder.isWaitedFor ? 1 : 0)
        return page.text
    }
}
