internal import Domain
internal import Ledger
internal import Pipelines
internal import Support

/// `lazaret pipelines try`: which of the jobs on record other rules would have judged otherwise.
enum PipelinesTryCommand {
    private static let examplesPerChange = 3

    static let command = Command(
        words: ["pipelines", "try"],
        abstract: "Shows which jobs on record the rules in another folder would judge otherwise. Nothing is changed.",
        operands: "DIR", flags: [.ledger, .json] + JobFilters.flags
    ) { arguments in
        guard arguments.operands.count == 1 else {
            throw CommandFailure(.usage, "`lazaret pipelines try` takes one folder of pipeline files")
        }
        let set = try pipelines(in: arguments.operands[0])
        let query = try JobFilters.query(arguments, limit: .max)
        let ledger = try await openExistingLedger(arguments)
        let isJSON = arguments.isSet("json")
        var tally = TrialTally(examplesPerChange: examplesPerChange)
        _ = try await readLedger { () async throws(LedgerError) in
            try await ledger.eachPage(of: query) { page in
                for record in page {
                    guard let trial = RulesTrial(record, under: set) else {
                        tally.skipped += 1
                        continue
                    }
                    if isJSON, trial.isChanged { write(record, trial) }
                    tally.add(trial, record)
                }
            }
        }
        await ledger.close()
        if !isJSON { output(tally.text) }
    }

    private static func pipelines(in folder: String) throws -> PipelineSet {
        do {
            return try PipelineSet(directory: folder)
        } catch {
            throw CommandFailure(.configuration, lines: error.problems.map(\.description))
        }
    }

    private static func write(_ record: JobRecord, _ trial: RulesTrial) {
        outputJSON { json in
            json.field("job", record.job.id.text)
            json.field("bucket", record.job.object.bucket)
            json.field("key", record.job.object.key.text)
            json.field("before", trial.before.name)
            json.field("after", trial.after.name)
            json.field("pipeline", trial.pipeline)
            json.objects("breaches", trial.breaches) { finding, json in
                json.field("name", finding.name)
                json.field("detail", finding.detail)
            }
        }
    }
}

/// Counts of trials, with examples of each change.
struct TrialTally {
    private struct Change: Hashable {
        let pipeline: String
        let before: String
        let after: String
    }

    let examplesPerChange: Int
    private var unchanged = 0
    /// Jobs without a judgement.
    var skipped = 0
    private var changes: [Change: (count: Int, examples: [String])] = [:]

    init(examplesPerChange: Int) { self.examplesPerChange = examplesPerChange }

    mutating func add(_ trial: RulesTrial, _ record: JobRecord) {
        guard trial.isChanged else {
            unchanged += 1
            return
        }
        let change = Change(pipeline: trial.pipeline ?? "-", before: trial.before.name, after: trial.after.name)
        changes[change, default: (0, [])].count += 1
        guard changes[change, default: (0, [])].examples.count < examplesPerChange else { return }
        let object = record.job.object
        let why = trial.breaches.map { "\($0.name) (\($0.detail))" }.joined(separator: ", ")
        changes[change, default: (0, [])].examples.append(
            printable("s3://\(object.bucket)/\(object.key)" + (why.isEmpty ? "" : ": \(why)")))
    }

    var text: String {
        let sorted = changes.sorted {
            ($1.value.count, $0.key.pipeline, $0.key.after) < ($0.value.count, $1.key.pipeline, $1.key.after)
        }
        let changed = changes.values.reduce(0) { $0 + $1.count }
        var lines = ["\(unchanged + changed) jobs: \(changed) would be judged otherwise, \(unchanged) as before"]
        if skipped > 0 { lines[0] += "; \(skipped) without a judgement left out" }
        for (change, found) in sorted {
            lines.append("\(found.count)  \(change.before) -> \(change.after)  by pipeline \(change.pipeline)")
            lines += found.examples.map { "    \($0)" }
            if found.count > found.examples.count { lines.append("    … \(found.count - found.examples.count) more") }
        }
        return lines.joined(separator: "\n")
    }
}
