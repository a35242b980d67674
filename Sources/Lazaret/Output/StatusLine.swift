internal import Domain
internal import Glibc
internal import Support
internal import Worker

/// One line at the foot of a terminal that tells how far a worker is, drawn anew twice a second.
struct StatusLine: Sendable {
    private let progress: Progress
    private let start = ContinuousClock().now

    init(progress: Progress) { self.progress = progress }

    /// Whether standard error is a terminal that can wipe a line.
    static func fitsStandardError(environment: [String: String]) -> Bool {
        isatty(STDERR_FILENO) == 1 && !["", "dumb"].contains(environment["TERM"] ?? "")
    }

    /// Draws until its task is cancelled, then wipes the line.
    func run() async {
        while !Task.isCancelled {
            draw()
            try? await Task.sleep(for: .milliseconds(500))
        }
        Self.wipe()
    }

    /// Draws a text where the line stands, as wide as the terminal at the most.
    static func show(_ text: String) {
        writeToStandardError(Array("\r\u{1B}[K\(text.prefix(terminalWidth() - 1))".utf8))
    }

    static func wipe() { show("") }

    private func draw() {
        Self.show(Self.text(progress.counts, elapsed: ContinuousClock().now - start))
    }

    static func text(_ counts: Progress.Counts, elapsed: Duration) -> String {
        let seconds = max(elapsed / .seconds(1), 0.001)
        var parts = [
            "\(counts.running) running", "\(counts.objects) done",
            "\(Int((Double(counts.objects) / seconds).rounded()))/s", humanBytes(counts.bytes),
        ]
        parts += counts.byKind
        return parts.joined(separator: "  ")
    }
}

extension Progress.Counts {
    /// What is not zero: `clean 12`, `infected 1`, `gone 2`, `retries 1`.
    var byKind: [String] {
        let verdicts = Verdict.allCases.map { ($0.rawValue, self.verdicts[$0] ?? 0) }
        let others = Outcome.Kind.allCases.map { ($0.rawValue, otherOutcomes[$0] ?? 0) }
        return (verdicts + others + [("retries", retries), ("unreadable", unreadable)])
            .filter { $0.1 > 0 }.map { "\($0.0) \($0.1)" }
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
