internal import AWS
internal import Domain
internal import Ledger
internal import Support
internal import Worker

/// `lazaret ledger verify`: whether the ledger is as it was written.
enum LedgerVerifyCommand {
    static let command = Command(
        words: ["ledger", "verify"],
        abstract: "Checks outcomes, reviews and the audit trail against the ledger's hash chain. Changes nothing.",
        operands: nil,
        flags: [
            .ledger,
            Flag(
                "from", "HEAD", "check only what follows this head, as `lazaret ledger head` printed it: SEQUENCE:HASH"),
            Flag("anchors", "URL", "also compare the chain with the anchors in s3://BUCKET/PREFIX"), .json,
        ]
    ) { arguments in
        let head = try arguments.text("from").map { try parsedHead($0, arguments) }
        let place = try arguments.text("anchors").map(Arguments.place)
        let cloud = place == nil ? nil : try await Cloud(arguments, queueURL: "")
        let ledger = try await openLedgerChain(arguments)
        let run = LedgerVerification(ledger: ledger, asJSON: arguments.isSet("json"))
        let work = Task {
            try await run.checkChain(after: head)
            if let place, let cloud { try await run.checkAnchors(in: place, by: cloud.s3) }
            return try await ledger.chainHead()
        }
        let signals = StopSignals { _ in work.cancel() }
        defer { signals.cancel() }
        let result = await work.result
        await ledger.close()
        switch result {
        case .success(let head): try run.end(at: head)
        case .failure(is CancellationError): throw CommandFailure(.interrupted, "stopped before the end")
        case .failure(let error):
            throw (error as? LedgerError).map(failure(of:)) ?? cloud?.failure(error) ?? error
        }
    }

    private static func parsedHead(_ text: String, _ arguments: Arguments) throws -> ChainHead {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let sequence = Int64(parts[0]), sequence > 0, parts[1].utf8.count == 64 else {
            throw CommandFailure(
                .usage, "\(arguments.origin(of: "from")) takes SEQUENCE:HASH, as `lazaret ledger head` prints it")
        }
        return ChainHead(sequence: sequence, hash: String(parts[1]), at: Timestamp(milliseconds: 0))
    }
}

/// Opens a ledger for checks of its chain.
///
/// - Throws: `CommandFailure`.
func openLedgerChain(_ arguments: Arguments) async throws -> any ChainLedger {
    let url = try arguments.required("ledger")
    return try await readLedger { () async throws(LedgerError) in
        try await openChain(at: url, log: Log(threshold: .warning))
    }
}

/// One run of `lazaret ledger verify`: prints each finding, and counts.
final class LedgerVerification: Sendable {
    private let ledger: any ChainLedger
    private let asJSON: Bool
    private let state = Locked(Tally())

    private struct Tally {
        var findings = 0
        var entries = 0
        var pruned: Int64 = 0
        var anchors: [AnchorCheck.Result.Match: Int] = [:]
        /// Nil if no anchors are checked, or none was found.
        var latestAnchor: (match: AnchorCheck.Result.Match, written: Timestamp)?
        var checksAnchors = false
    }

    init(ledger: any ChainLedger, asJSON: Bool) {
        self.ledger = ledger
        self.asJSON = asJSON
    }

    func checkChain(after head: ChainHead?) async throws {
        try await ledger.checkChain(after: head) { step in
            try Task.checkCancellation()
            for finding in step.findings { report(finding) }
            state.withLock { tally in
                tally.findings += step.findings.count
                tally.entries += step.entries
                tally.pruned += step.pruned
            }
            return true
        }
    }

    func checkAnchors(in place: (bucket: String, prefix: String), by s3: S3Client) async throws {
        state.withLock { $0.checksAnchors = true }
        try await AnchorCheck(s3: s3, ledger: ledger)(bucket: place.bucket, prefix: place.prefix) { result in
            let isBad = result.match != .matched && result.match != .pruned
            if isBad { report(result, in: place.bucket) }
            state.withLock { tally in
                tally.anchors[result.match, default: 0] += 1
                if let anchor = result.anchor { tally.latestAnchor = (result.match, anchor.written) }
                if isBad { tally.findings += 1 }
            }
        }
    }

    /// Prints the counts.
    ///
    /// - Throws: a `CommandFailure` with status 65 if something was found.
    func end(at head: ChainHead) throws {
        let tally = state.withLock { $0 }
        if asJSON {
            outputJSON { json in
                json.field("entries", tally.entries)
                json.field("pruned", tally.pruned)
                json.field("findings", tally.findings)
                json.object("anchors") { json in
                    for match in AnchorCheck.Result.Match.allCases {
                        json.field(match.rawValue, tally.anchors[match] ?? 0)
                    }
                }
                json.object("head") { head.write(to: &$0) }
            }
        }
        let anchors = AnchorCheck.Result.Match.allCases.compactMap { match in
            tally.anchors[match].map { "\($0) anchors \(match.rawValue)" }
        }
        let latest = tally.latestAnchor.map { ["the latest of \($0.written)"] } ?? []
        printNotice(
            (["\(tally.entries) entries checked", "\(tally.pruned) pruned"] + anchors + latest + ["head \(head.text)"])
                .joined(separator: ", "))
        if tally.checksAnchors, tally.latestAnchor == nil {
            throw CommandFailure(.badData, "no anchor was found: nothing but the ledger itself says what was in it")
        }
        // Prunings remove what is old. If the entry of the latest anchor is among it, the chain may as well have been
        // removed.
        if tally.latestAnchor?.match == .pruned {
            throw CommandFailure(.badData, "the entry of the latest anchor was pruned: nothing holds the chain to it")
        }
        if tally.findings > 0 {
            throw CommandFailure(
                .badData,
                "the ledger is not as it was written: \(tally.findings) finding\(tally.findings == 1 ? "" : "s")")
        }
    }

    private func report(_ finding: ChainFinding) {
        guard !asJSON else {
            return outputJSON { json in
                json.field("finding", finding.kind.rawValue)
                json.field("sequence", finding.sequence)
                json.field("table", finding.table)
                json.field("job", finding.job?.text)
                json.field("number", finding.number)
                json.field("detail", finding.detail)
            }
        }
        let facts = [
            finding.sequence.map { "entry \($0)" }, finding.table, finding.job.map { "job \($0)" },
            finding.number.map { "number \($0)" }, finding.detail.isEmpty ? nil : finding.detail,
        ]
        output(printable("\(finding.kind.rawValue)  \(facts.compactMap(\.self).joined(separator: ", "))"))
    }

    private func report(_ result: AnchorCheck.Result, in bucket: String) {
        guard !asJSON else {
            return outputJSON { json in
                json.field("finding", "anchor-\(result.match.rawValue)")
                json.field("bucket", bucket)
                json.field("key", result.key.text)
                json.field("versionId", result.versionID)
                json.field("sequence", result.anchor?.head.sequence)
                json.field("hash", result.anchor?.head.hash)
            }
        }
        let anchored = result.anchor.map { ", which has \($0.head.text)" } ?? ""
        output(
            printable(
                "anchor-\(result.match.rawValue)  \(ObjectLocation(bucket: bucket, key: result.key))\(anchored)"))
    }
}

extension ChainHead {
    /// As `--from` takes it.
    var text: String { "\(sequence):\(hash)" }

    func write(to json: inout JSONWriter) {
        json.field("sequence", sequence)
        json.field("hash", hash)
        json.field("at", at.description)
    }
}
