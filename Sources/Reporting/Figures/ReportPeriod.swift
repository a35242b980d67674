package import Domain

/// The time that a report is about: jobs that were first received from `since` on and before `until`.
package struct ReportPeriod: Sendable, Equatable {
    package let since: Timestamp
    package let until: Timestamp

    /// Nil unless `since` is before `until`.
    package init?(since: Timestamp, until: Timestamp) {
        guard since < until else { return nil }
        self.since = since
        self.until = until
    }

    func contains(_ time: Timestamp) -> Bool { since <= time && time < until }

    /// How the period is divided in charts: the shortest of these steps that gives at most 62 slots, from midnight on,
    /// UTC.
    var step: Step {
        Step.allCases.first { slots(of: $0).count <= 62 } ?? .year
    }

    package var slots: Range<Int64> { slots(of: step) }

    private func slots(of step: Step) -> Range<Int64> {
        let length = step.milliseconds
        let first = since.milliseconds.flooredDivision(by: length)
        return first..<max(first + 1, (until.milliseconds - 1).flooredDivision(by: length) + 1)
    }

    func slot(of time: Timestamp) -> Int64 { time.milliseconds.flooredDivision(by: step.milliseconds) }

    /// `2026-11-21`, or with the hour where a slot is shorter than a day.
    func name(of slot: Int64) -> String {
        let start = Timestamp(milliseconds: slot * step.milliseconds)
        return step.milliseconds < Step.day.milliseconds
            ? "\(start.date) \(start.description.dropFirst(11).prefix(5))" : start.date
    }

    enum Step: CaseIterable {
        case hour, sixHours, day, week, fourWeeks, year

        var milliseconds: Int64 {
            let hour: Int64 = 3_600_000
            return switch self {
            case .hour: hour
            case .sixHours: 6 * hour
            case .day: 24 * hour
            case .week: 7 * 24 * hour
            case .fourWeeks: 28 * 24 * hour
            case .year: 364 * 24 * hour
            }
        }

        var name: String {
            switch self {
            case .hour: "hour"
            case .sixHours: "6 hours"
            case .day: "day"
            case .week: "7 days"
            case .fourWeeks: "28 days"
            case .year: "364 days"
            }
        }
    }
}
