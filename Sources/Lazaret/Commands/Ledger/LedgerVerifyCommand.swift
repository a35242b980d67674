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
            Flag("anchors", "URL", "also compare the chain with the anchors in s3://BUCKET/PREFIX"),
            Flag(
                "copy",
                "with --anchors: the ledger is a copy or a restored backup, and anchors after its end are only counted"
            ), .json,
        ]
    ) { arguments in
        let head = try arguments.text("from").map { try parsedHead($0, arguments) }
        let place = try arguments.text("anchors").map(Arguments.place)
        let isCopy = arguments.isSet("copy")
        if isCopy, place == nil, arguments.isGiven("copy") {
            throw CommandFailure(.usage, "--copy needs --anchors: only they say what was in the ledger")
        }
        let cloud = place == nil ? nil : try await Cloud(arguments, queueURL: "")
        let ledger = try await openLedgerChain(arguments)
        let run = LedgerVerification(ledger: ledger, isCopy: isCopy, asJSON: arguments.isSet("json"))
        let (work, signals) = StopSignals.cancelling {
            try await run.checkChain(after: head)
            if let place, let cloud { try await run.checkAnchors(in: place, by: cloud.s3) }
            return try await ledger.chainHead()
        }
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
        guard let head = ChainHead(text) else {
            throw CommandFailure(
                .usage, "\(arguments.origin(of: "from")) takes SEQUENCE:HASH, as `lazaret ledger head` prints it")
        }
        return head
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
    /// Whether the ledger may end before the latest anchor.
    private let isCopy: Bool
    private let asJSON: Bool
    private let state = Locked(Tally())

    private struct Tally {
        var findings = 0
        var entries = 0
        var pruned: Int64 = 0
        var sealed: Int64 = 0
        var isHeadPruned = false
        var anchors: [AnchorCheck.Result.Match: Int] = [:]
        /// Nil if no anchors are checked, or none was found that the ledger may have.
        var latestAnchor: (match: AnchorCheck.Result.Match, written: Timestamp)?
        /// When the first anchor was written that a copy does not have any more.
        var firstAfterEnd: Timestamp?
        var checksAnchors = false
    }

    init(ledger: any ChainLedger, isCopy: Bool, asJSON: Bool) {
        self.ledger = ledger
        self.isCopy = isCopy
        self.asJSON = asJSON
    }

    func checkChain(after head: ChainHead?) async throws {
        try await ledger.checkChain(after: head) { step in
            try Task.checkCancellation()
            for finding in step.findings { finding.print(asJSON: asJSON) }
            state.withLock { tally in
                tally.findings += step.findings.count
                tally.entries += step.entries
                tally.pruned += step.pruned
                tally.sealed = tally.sealed &+ step.sealed
                tally.isHeadPruned = tally.isHeadPruned || step.isHeadPruned
            }
            return true
        }
    }

    func checkAnchors(in place: (bucket: String, prefix: String), by s3: S3Client) async throws {
        state.withLock { $0.checksAnchors = true }
        try await AnchorCheck(s3: s3, ledger: ledger)(bucket: place.bucket, prefix: place.prefix) { result in
            let isAfterCopy = isCopy && result.match == .beyondEnd
            let isBad = result.match != .matched && result.match != .pruned && !isAfterCopy
            if isBad { report(result, in: place.bucket) }
            state.withLock { tally in
                tally.anchors[result.match, default: 0] += 1
                if isBad { tally.findings += 1 }
                guard let written = result.anchor?.written else { return }
                if isAfterCopy {
                    tally.firstAfterEnd = min(tally.firstAfterEnd ?? written, written)
                } else {
                    tally.latestAnchor = (result.match, written)
                }
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
                json.field("sealed", tally.sealed)
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
        let counts = [
            tally.sealed > 0 ? "\(tally.sealed) sealed" : nil, anchors.isEmpty ? nil : anchors.joined(separator: ", "),
            tally.latestAnchor.map { "the latest of \($0.written)" },
            tally.firstAfterEnd.map { "the first after the end of this copy of \($0)" }, "head \(head.text)",
        ]
        printNotice(
            (["\(tally.entries) entries checked", "\(tally.pruned) pruned"] + counts.compactMap(\.self))
                .joined(separator: ", "))
        try requireProof(tally)
        if tally.findings > 0 {
            throw CommandFailure(
                .badData,
                "the ledger is not as it was written: \(tally.findings) finding\(tally.findings == 1 ? "" : "s")")
        }
    }

    /// Throws if nothing outside the ledger says what was in it, although a head or anchors were given.
    private func requireProof(_ tally: Tally) throws {
        if tally.isHeadPruned {
            throw CommandFailure(
                .badData, "the entry of that head was pruned: nothing holds the chain to it; use a later head")
        }
        if tally.checksAnchors, tally.latestAnchor == nil {
            let kind = tally.firstAfterEnd == nil ? "" : " that this copy reaches"
            throw CommandFailure(
                .badData, "no anchor was found\(kind): nothing but the ledger itself says what was in it")
        }
        // Prunings remove what is old. If the entry of the latest anchor is among it, the chain may as well have been
        // removed.
        if tally.latestAnchor?.match == .pruned {
            throw CommandFailure(.badData, "the entry of the latest anchor was pruned: nothing holds the chain to it")
        }
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

extension ChainFinding {
    /// Prints a line.
    func print(asJSON: Bool) {
        guard !asJSON else {
            return outputJSON { json in
                json.field("finding", kind.rawValue)
                json.field("sequence", sequence)
                json.field("table", table)
                json.field("job", job?.text)
                json.field("number", number)
                json.field("detail", detail)
            }
        }
        let facts = [
            sequence.map { "entry \($0)" }, table, job.map { "job \($0)" }, number.map { "number \($0)" },
            detail.isEmpty ? nil : detail,
        ]
        output(printable("\(kind.rawValue)  \(facts.compactMap(\.self).joined(separator: ", "))"))
    }
}

extension ChainHead {
    func write(to json: inout JSONWriter) {
        json.field("sequence", sequence)
        json.field("hash", hash)
        json.field("at", at.description)
    }
}
