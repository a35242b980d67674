internal import Domain
internal import Replay
internal import Support

/// The settings of `lazaret replay`, validated before any connection is made.
struct ReplaySettings: Sendable {
    let selection: ReplaySelection
    /// Where messages are sent. Nil if none are sent, or if SQS moves them to the queue that they came from.
    let queueURL: String?
    let deadLetterURL: String?
    /// Messages per second, at most.
    let rate: Double?
    let context: ReplayContext
    let isJSON: Bool

    static let flags: [Flag] =
        [
            .queue, .ledger,
            Flag("failed", "failed jobs, and stranded ones: open, with no message left in the queue"),
            Flag("dlq", "URL", "messages of this dead-letter queue; without filters, SQS itself moves all of them"),
        ] + JobFilters.flags + [
            Flag("rate", "N/s", "at most this many jobs per second, 0.1 to 10000"),
            Flag("dry-run", "print what would be done, one line per job, and change nothing"),
            .actor,
            Flag("note", "TEXT", "why, for the audit trail (default: the selection)"),
            Flag("json", "print one JSON object per job on standard output"),
        ]

    init(_ arguments: Arguments) throws {
        let now = Timestamp.now()
        let jobs = try arguments.operands.map { text in
            guard let id = JobID(text) else {
                throw CommandFailure(.usage, "'\(text)' is not a job ID: a job ID has 32 hexadecimal digits")
            }
            return id
        }
        selection = ReplaySelection(
            jobs: jobs, failed: arguments.isSet("failed"), filter: try JobFilters.query(arguments, limit: 0, now: now))
        deadLetterURL = arguments.text("dlq")
        rate = try arguments.rate("rate")
        context = ReplayContext(
            actor: arguments.text("actor") ?? actorName(),
            reason: arguments.text("note") ?? Self.selectionText(arguments),
            isDryRun: arguments.isSet("dry-run"))
        isJSON = arguments.isSet("json")

        if selection.failed, arguments.text("outcome") != nil {
            throw CommandFailure(.usage, "--failed and --outcome can't be combined")
        }
        if deadLetterURL == nil {
            if selection.isEverything {
                throw CommandFailure(
                    .usage,
                    "`lazaret replay` needs a selection of jobs: job IDs, --failed, --dlq URL, or a filter; `lazaret replay --help` lists the filters"
                )
            }
            if !jobs.isEmpty, selection.hasFilter {
                throw CommandFailure(.usage, "select jobs either by ID or by filters, not both")
            }
        }
        // Only SQS knows which queue a dead-lettered message came from.
        let isMove = deadLetterURL != nil && selection.isEverything
        queueURL = context.isDryRun || isMove ? arguments.text("queue") : try arguments.required("queue")
        if let queueURL, queueURL == deadLetterURL {
            throw CommandFailure(.usage, "--queue and --dlq name the same queue")
        }
    }

    /// Messages per second as StartMessageMoveTask takes them: whole, 1 to 500. Nil for other rates.
    var moveRate: Int? { rate.flatMap { Int(exactly: $0) }.flatMap { (1...500).contains($0) ? $0 : nil } }

    /// Whether SQS itself moves the messages of the dead-letter queue.
    var isMove: Bool {
        deadLetterURL != nil && selection.isEverything && !context.isDryRun && (rate == nil || moveRate != nil)
    }

    /// The selection as it was given: `--failed --prefix uploads/`.
    private static func selectionText(_ arguments: Arguments) -> String {
        var words = arguments.operands.isEmpty ? [] : ["by id"]
        if arguments.isSet("failed") { words.append("--failed") }
        for flag in [Flag("dlq", "URL", "")] + JobFilters.flags {
            let values =
                flag.name == "verdict" ? arguments.texts(flag.name) : [arguments.text(flag.name)].compactMap(\.self)
            words += values.map { "--\(flag.name) \($0)" }
        }
        return words.joined(separator: " ")
    }
}
