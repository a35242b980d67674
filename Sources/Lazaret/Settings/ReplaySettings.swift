internal import Domain
internal import Replay
internal import Support

/// What `lazaret replay` is told by flags and variables, checked before anything is reached.
struct ReplaySettings: Sendable {
    let selection: ReplaySelection
    /// Where messages are sent. Nil where nothing is, or where SQS knows.
    let queueURL: String?
    let deadLetterURL: String?
    /// Messages a second at the most.
    let rate: Double?
    let context: ReplayContext
    let isJSON: Bool

    static let flags: [Flag] =
        [
            .queue, .ledger,
            Flag("failed", "jobs that failed, and open ones that are stranded: with no message left to bring them"),
            Flag("dlq", "URL", "messages of this dead-letter queue; without filters SQS itself moves all of them"),
        ] + JobFilters.flags + [
            Flag("rate", "N/s", "jobs a second at the most, 0.1 to 10000"),
            Flag("dry-run", "tell what would be done, a line each, and change nothing"),
            .actor,
            Flag("note", "TEXT", "why, for the audit trail (default: what was asked for)"),
            Flag("json", "what was done, one JSON object a job, on standard output"),
        ]

    init(_ arguments: Arguments) throws {
        let now = Timestamp.now()
        let jobs = try arguments.operands.map { text in
            guard let id = JobID(text) else {
                throw CommandFailure(.usage, "'\(text)' is no job's id: those have 32 hexadecimal digits")
            }
            return id
        }
        selection = ReplaySelection(
            jobs: jobs, failed: arguments.isSet("failed"), filter: try JobFilters.query(arguments, now: now))
        deadLetterURL = arguments.text("dlq")
        rate = try arguments.rate("rate")
        context = ReplayContext(
            actor: arguments.text("actor") ?? actorName(), reason: arguments.text("note") ?? Self.asked(arguments),
            isDryRun: arguments.isSet("dry-run"))
        isJSON = arguments.isSet("json")

        if selection.failed, arguments.text("outcome") != nil {
            throw CommandFailure(.usage, "--failed and --outcome exclude each other")
        }
        if deadLetterURL == nil {
            if selection.isEverything {
                throw CommandFailure(
                    .usage,
                    "`lazaret replay` needs to be told which jobs: their ids, --failed, --dlq URL, or any filter; `lazaret replay --help` lists them"
                )
            }
            if !jobs.isEmpty, selection.hasFilter {
                throw CommandFailure(.usage, "jobs are chosen by their ids or by filters, not by both")
            }
        }
        // SQS knows where the messages of a dead-letter queue came from; nobody else does.
        let isMove = deadLetterURL != nil && selection.isEverything
        queueURL = context.isDryRun || isMove ? arguments.text("queue") : try arguments.required("queue")
        if let queueURL, queueURL == deadLetterURL {
            throw CommandFailure(.usage, "--queue and --dlq name the same queue")
        }
    }

    /// Messages a second, where SQS can be told of it: whole, 1 to 500.
    var moveRate: Int? { rate.flatMap { Int(exactly: $0) }.flatMap { (1...500).contains($0) ? $0 : nil } }

    /// Whether SQS itself is to move the dead-letter queue's messages.
    var isMove: Bool {
        deadLetterURL != nil && selection.isEverything && !context.isDryRun && (rate == nil || moveRate != nil)
    }

    /// The choice in the words it was made in: `--failed --prefix uploads/`.
    private static func asked(_ arguments: Arguments) -> String {
        var words = arguments.operands.isEmpty ? [] : ["by id"]
        if arguments.isSet("failed") { words.append("--failed") }
        for flag in [Flag("dlq", "URL", "")] + JobFilters.flags {
            if let value = arguments.text(flag.name) { words.append("--\(flag.name) \(value)") }
        }
        return words.joined(separator: " ")
    }
}
