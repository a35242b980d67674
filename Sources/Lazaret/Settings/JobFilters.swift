internal import Domain
internal import Ledger
internal import Support

/// The flags that filter jobs, and the ledger query they make.
enum JobFilters {
    static let since = Flag(
        "since", "T", "only jobs received since 2026-11-21, 2026-11-21T08:00:00Z, or in the last 30m, 24h, 7d")

    static let flags = [
        Flag(
            "outcome", "O",
            "only this outcome: settled, gone, superseded, failed, unmatched, marker; or open (not ended), stranded (open, no message left)",
            choices: OutcomeChoice.allCases.map(\.rawValue)),
        Flag(
            "verdict", "V", "only this verdict: clean, infected, unscannable, rejected; may be given more than once",
            choices: Verdict.allCases.map(\.rawValue)),
        Flag(
            "disposition", "D", "only objects that were promoted, quarantined, deleted or kept",
            choices: Disposition.allCases.map(\.rawValue)),
        Flag("reason", "R", "only with this text in a finding's name or in the error"),
        Flag("sha256", "HASH", "only objects with these bytes"),
        Flag("finding", "NAME", "only with a finding of exactly this name"),
        Flag("type", "TYPE", "only objects of this detected type: application/pdf, or image/*"),
        Flag("uploader", "PRINCIPAL", "only objects that this principal uploaded: AWS:AIDAEXAMPLE"),
        Flag(
            "signatures-before", "VERSION",
            "only judged with signatures older than this: 27000 (daily), main:62, or a build date such as 2026-11-21"),
        Flag("pipeline", "P", "only jobs of this pipeline"),
        Flag("bucket", "B", "only objects of this bucket"),
        Flag("prefix", "K", "only keys with this prefix"),
        since,
        Flag("until", "T", "only jobs received before this time, given as in --since"),
    ]

    /// The filters of commands whose `--reason` says why they are run.
    static let flagsWithoutReason = flags.filter { $0.name != "reason" }

    /// - Parameters:
    ///   - limit: the most jobs that the query gives.
    ///   - hasReason: whether `--reason` is a filter of the command.
    static func query(
        _ arguments: Arguments, limit: Int, now: Timestamp = .now(), hasReason: Bool = true
    ) throws -> JobQuery {
        let outcome = try arguments.choice("outcome", of: OutcomeChoice.self)
        let (since, until) = try (arguments.time("since", now: now), arguments.time("until", now: now))
        if let since, let until, since >= until {
            throw CommandFailure(
                .usage,
                "\(arguments.origin(of: "since")) \(since) must be earlier than \(arguments.origin(of: "until")) \(until)"
            )
        }
        var query = try JobQuery(
            outcome: outcome?.kind, openOnly: outcome == .open, strandedOnly: outcome == .stranded,
            verdicts: arguments.choices("verdict", of: Verdict.self),
            disposition: arguments.choice("disposition", of: Disposition.self),
            reason: hasReason ? arguments.text("reason") : nil, sha256: sha256(arguments),
            signaturesBefore: signatureCutoff(arguments, now: now),
            pipeline: arguments.text("pipeline"),
            bucket: arguments.text("bucket"),
            prefix: arguments.text("prefix"),
            since: since, until: until, limit: limit)
        (query.finding, query.type) = (arguments.text("finding"), arguments.text("type"))
        query.uploader = arguments.text("uploader")
        return query
    }

    /// The values of `--outcome`: how jobs end, `open` and `stranded`.
    private enum OutcomeChoice: String, CaseIterable {
        case settled, gone, superseded, failed, unmatched, marker, open, stranded

        /// Nil for `open` and `stranded`: those jobs have not ended.
        var kind: Outcome.Kind? { Outcome.Kind(rawValue: rawValue) }
    }

    static func sha256(_ arguments: Arguments) throws -> String? {
        guard let text = arguments.text("sha256")?.lowercased() else { return nil }
        guard text.utf8.count == 64, text.utf8.allSatisfy({ "0123456789abcdef".utf8.contains($0) }) else {
            throw CommandFailure(
                .usage, "\(arguments.origin(of: "sha256")) takes the 64 hexadecimal digits of a SHA-256, not '\(text)'")
        }
        return text
    }

    static func signatureCutoff(_ arguments: Arguments, now: Timestamp) throws -> SignatureCutoff? {
        guard let text = arguments.text("signatures-before") else { return nil }
        guard let bound = signatureCutoff(text, now: now) else {
            throw CommandFailure(
                .usage,
                "\(arguments.origin(of: "signatures-before")) takes a version such as 27000 (daily) or main:62, or a time such as 2026-11-21 or 7d, not '\(text)'"
            )
        }
        return bound
    }

    /// Parses `27000` as a version of `daily`, `main:62` as one of another database, and anything else as a time.
    static func signatureCutoff(_ text: String, now: Timestamp) -> SignatureCutoff? {
        if let time = Timestamp(parsing: text, now: now) { return .built(time) }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard let version = parts.last.flatMap({ Int64($0) }), version >= 0 else { return nil }
        switch parts.count {
        case 1: return .version(database: "daily", version)
        case 2 where !parts[0].isEmpty: return .version(database: String(parts[0]), version)
        default: return nil
        }
    }
}
