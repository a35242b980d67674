internal import Domain
internal import Glibc
internal import Support
internal import Worker

/// One line at the foot of a terminal that tells how far a worker is, drawn anew twice a second.
struct StatusLine: Sendable {
    private let progress: Progress
    private let start = ContinuousClock().now

    init(progress: Progress) { self.progress = progress }

    /// Draws until its task is cancelled, then wipes the line.
    func run() async {
        while !Task.isCancelled {
            draw()
            try? await Task.sleep(for: .milliseconds(500))
        }
        writeToStandardError(Array("\r\u{1B}[K".utf8))
    }

    private func draw() {
        let line = Self.text(progress.counts, elapsed: ContinuousClock().now - start)
        writeToStandardError(Array("\r\u{1B}[K\(line.prefix(terminalWidth() - 1))".utf8))
    }

    static func text(_ counts: Progress.Counts, elapsed: Duration) -> String {
        let seconds = max(elapsed / .seconds(1), 0.001)
        var parts = [
            "\(counts.running) running", "\(counts.objects) done",
            "\(Int((Double(counts.objects) / seconds).rounded()))/s", humanBytes(counts.bytes),
        ]
        for verdict in Verdict.allCases {
            if let count = counts.verdicts[verdict] { parts.append("\(verdict.rawValue) \(count)") }
        }
        for kind in Outcome.Kind.allCases {
            if let count = counts.otherOutcomes[kind] { parts.append("\(kind.rawValue) \(count)") }
        }
        if counts.retries > 0 { parts.append("retries \(counts.retries)") }
        if counts.unreadable > 0 { parts.append("unreadable \(counts.unreadable)") }
        return parts.joined(separator: "  ")
    }
}

/// `3.4 MiB`, and plain bytes below one KiB.
func humanBytes(_ bytes: Int64) -> String {
    var value = Double(bytes)
    var unit = 0
    while value >= 1024, unit < 4 {
        value /= 1024
        unit += 1
    }
    return unit == 0 ? "\(bytes) B" : "\(tenths(value)) \(["KiB", "MiB", "GiB", "TiB"][unit - 1])"
}

/// With one digit after the point.
func tenths(_ value: Double) -> String {
    let scaled = Int64((value * 10).rounded())
    return "\(scaled / 10).\(scaled % 10)"
}

private func terminalWidth() -> Int {
    var size = winsize()
    let isKnown = unsafe ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
    return isKnown ? Int(size.ws_col) : 80
}
