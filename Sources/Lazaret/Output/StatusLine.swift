internal import Domain
internal import Glibc
internal import Support
internal import Worker

/// One line at the bottom of a terminal that shows progress, redrawn twice a second.
enum StatusLine {
    /// Whether standard error is a terminal that can erase a line.
    static func isSupported(environment: [String: String]) -> Bool {
        isatty(STDERR_FILENO) == 1 && !["", "dumb"].contains(environment["TERM"] ?? "")
    }

    /// Draws a text until the returned task is cancelled, then erases it.
    static func draw(_ text: @escaping @Sendable () -> String) -> Task<Void, Never> {
        Task {
            while !Task.isCancelled {
                show(text())
                try? await Task.sleep(for: .milliseconds(500))
            }
            erase()
        }
    }

    /// Replaces the line by as much as the terminal is wide for.
    static func show(_ text: String) {
        writeToStandardError(Array("\r\u{1B}[K\(fitted(text, width: terminalWidth() - 1))".utf8))
    }

    /// Leaves out whole parts at the end: a word without its number, or a part of a number, misleads.
    static func fitted(_ text: String, width: Int) -> String {
        var text = text
        while text.count > width, let end = text.ranges(of: "  ").last?.lowerBound {
            text = String(text[..<end])
        }
        return String(text.prefix(width))
    }

    static func erase() { show("") }

    /// The progress of a worker: `3 running  42 done  clean 39  infected 1  11/s  5.0 MiB`. What a narrow terminal cuts
    /// off comes last.
    static func text(_ counts: Progress.Counts, elapsed: Duration) -> String {
        let seconds = max(elapsed / .seconds(1), 0.001)
        var parts = ["\(counts.running) running", "\(counts.objects) done"] + counts.byKind
        parts += ["\(Int((Double(counts.objects) / seconds).rounded()))/s", humanBytes(counts.bytes)]
        return parts.joined(separator: "  ")
    }
}

extension Progress.Counts {
    /// The counts above zero: `clean 12`, `infected 1`, `gone 2`, `retries 1`.
    var byKind: [String] {
        let verdicts = Verdict.allCases.map { ($0.rawValue, self.verdicts[$0] ?? 0) }
        let others = Outcome.Kind.allCases.map { ($0.rawValue, otherOutcomes[$0] ?? 0) }
        return (verdicts + others + [("retries", retries), ("unreadable", unreadable)])
            .filter { $0.1 > 0 }.map { "\($0.0) \($0.1)" }
    }
}

/// `3.4 MiB`, or plain bytes below one KiB.
func humanBytes(_ bytes: Int64) -> String {
    var value = Double(bytes)
    var unit = 0
    while value >= 1024, unit < 4 {
        value /= 1024
        unit += 1
    }
    return unit == 0 ? "\(bytes) B" : "\(tenths(value)) \(["KiB", "MiB", "GiB", "TiB"][unit - 1])"
}

/// A number with one decimal.
func tenths(_ value: Double) -> String {
    let scaled = Int64((value * 10).rounded())
    return "\(scaled / 10).\(scaled % 10)"
}

private func terminalWidth() -> Int {
    var size = winsize()
    let isKnown = unsafe ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
    return isKnown ? Int(size.ws_col) : 80
}
