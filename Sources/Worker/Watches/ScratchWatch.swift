package import Support
package import Transfer

/// Logs once a minute that scans wait for space in the scratch folder, while they do.
package struct ScratchWatch: Sendable {
    private let folder: SpoolFolder
    private let log: Log
    private let reminder: Reminder

    package init(folder: SpoolFolder, clocks: Clocks = .system, log: Log) {
        self.folder = folder
        self.log = log
        reminder = Reminder(clock: clocks.monotonic)
    }

    /// Runs until its task is cancelled.
    package func run() async {
        await reminder.run {
            folder.isWaitedFor
        } report: {
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
            "lazaret_scratch_free_bytes", "gauge", "Bytes that the scratch folder's disk can still take.",
            folder.space?.free)
        page.value(
            "lazaret_waiting_for_scratch", "gauge", "1 while scans wait for space on the scratch folder's disk.",
            folder.isWaitedFor ? 1 : 0)
        return page.text
    }
}
