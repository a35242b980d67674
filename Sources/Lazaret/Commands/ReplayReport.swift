internal import AWS
internal import Domain
internal import Glibc
internal import Intake
internal import Ledger
internal import Replay
internal import Support

/// Reports the steps of a replay: a line per job with `--json` or `--dry-run`, a status line on a terminal, and a
/// summary.
final class ReplayReport: Sendable {
    struct Counts: Sendable, Equatable {
        var reopened = 0
        var sent = 0
        var acknowledged = 0
        var discarded = 0
        /// By reason.
        var skipped: [String: Int] = [:]
        var unsent = 0
        var unknown: [JobID] = []

        var isEmpty: Bool { self == Counts() }
    }

    private struct State {
        var counts = Counts()
        var drawnAt: ContinuousClock.Instant?
    }

    private let isDry: Bool
    private let isJSON: Bool
    private let showsStatus: Bool
    private let state = Locked(State())

    init(_ settings: ReplaySettings, environment: [String: String]) {
        isDry = settings.context.isDryRun
        isJSON = settings.isJSON
        // Lines on the same terminal show the progress already.
        let printsToTerminal = (isDry || isJSON) && isatty(STDOUT_FILENO) == 1
        showsStatus = !printsToTerminal && StatusLine.isSupported(environment: environment)
    }

    var counts: Counts { state.withLock { $0.counts } }

    func add(_ step: ReplayStep) {
        let now = ContinuousClock().now
        let status: String? = state.withLock { state in
            state.counts.add(step)
            guard showsStatus, state.drawnAt.map({ now - $0 >= .milliseconds(250) }) ?? true else { return nil }
            state.drawnAt = now
            return state.counts.status
        }
        if let status { StatusLine.show(status) }
        if isJSON {
            outputJSON { step.write(to: &$0, isDry: isDry) }
        } else if isDry {
            output(step.line)
        }
    }

    /// Shows the progress of a move by SQS.
    func showMove(_ moved: Int, of total: Int?) {
        if showsStatus { StatusLine.show("\(moved)\(total.map { " of \($0)" } ?? "") messages moved") }
    }

    func eraseStatusLine() { if showsStatus { StatusLine.erase() } }

    func printSummary() { printNotice(counts.isEmpty ? "no jobs match" : counts.summary(isDry: isDry)) }
}

extension ReplayReport.Counts {
    fileprivate mutating func add(_ step: ReplayStep) {
        switch step.result {
        case .reopened: reopened += 1
        case .sent: sent += 1
        case .acknowledged: acknowledged += 1
        case .discarded: discarded += 1
        case .left(let reason): skipped[reason.label, default: 0] += 1
        case .leftMessage: skipped["messages", default: 0] += 1
        case .unsent: unsent += 1
        case .unknown: if let job = step.job { unknown.append(job) }
        }
    }

    var status: String {
        "\(reopened + sent) replayed  \(skipped.values.reduce(0, +)) skipped"
    }

    /// `12 replayed (9 reopened), 3 skipped (2 promoted, 1 held), 1 not found`
    func summary(isDry: Bool) -> String {
        var parts = ["\(reopened + sent) \(isDry ? "would be " : "")replayed"]
        if reopened > 0 { parts[0] += " (\(reopened) reopened)" }
        if acknowledged > 0 {
            parts.append("\(acknowledged) \(isDry ? "would be " : "")removed: their jobs had ended already")
        }
        if !skipped.isEmpty {
            let reasons = skipped.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.value) \($0.key)" }
            parts.append("\(skipped.values.reduce(0, +)) skipped (\(reasons.joined(separator: ", ")))")
        }
        if unsent > 0 { parts.append("\(unsent) not sent") }
        if !unknown.isEmpty { parts.append("\(unknown.count) not found") }
        return parts.joined(separator: ", ") + (isDry ? "; nothing was changed" : "")
    }
}

extension ReplayStep {
    /// The step as one word, for `--json` and `--dry-run`.
    private var action: String {
        switch result {
        case .reopened: "reopen"
        case .sent: "send"
        case .acknowledged: "acknowledge"
        case .discarded: "discard"
        case .left, .leftMessage: "leave"
        case .unsent: "fail"
        case .unknown: "unknown"
        }
    }

    private var reason: String? {
        switch result {
        case .left(let reason): reason.description
        case .leftMessage(let reason), .discarded(let reason): reason
        case .unsent(let failure): failure.description
        case .reopened, .sent, .acknowledged, .unknown: nil
        }
    }

    /// Where the object of a skipped job is now.
    private var destination: Destination? {
        guard case .left(let reason) = result else { return nil }
        return reason.destination
    }

    /// `reopen       0123…  s3://bucket/key  was failed`
    fileprivate var line: String {
        let location = object.map { ObjectLocation(bucket: $0.bucket, key: $0.key).description }
        let status = outcome.map { "was \($0.rawValue)" }
        let cells = [action.padded(to: 11), job?.text ?? messageID, location, reason ?? status]
        return printable(cells.compactMap(\.self).joined(separator: "  "))
    }

    fileprivate func write(to json: inout JSONWriter, isDry: Bool) {
        json.field("action", action)
        json.field("job", job?.text)
        json.field("bucket", object?.bucket)
        json.field("key", object?.key.text)
        json.field("versionId", object?.versionID)
        json.field("etag", object?.etag)
        json.field("outcome", outcome?.rawValue)
        json.field("messageId", messageID)
        json.field("reason", reason)
        json.field("destination", destination)
        json.field("dryRun", isDry)
    }
}
