internal import Domain
internal import Ledger
internal import Support
internal import Worker

/// All that the ledger knows about a quarantined object, and about others like it.
struct QuarantineStory: Sendable {
    let record: JobRecord
    let review: Review
    private let details: JobDetails
    private let lookups: [Lookup]

    /// Other objects with something in common.
    private struct Lookup: Sendable {
        /// `same-sha256`, `same-uploader`, `same-finding`
        let name: String
        let title: String
        let records: [JobRecord]
        /// Whether there are more.
        let isCut: Bool
    }

    /// The most objects that a look-up lists, and the most notes that are shown.
    private static let (most, mostNotes) = (20, 100)

    /// Returns nil if the ledger has no such job.
    init?(of id: JobID, in ledger: any Ledger, now: Timestamp) async throws(LedgerError) {
        guard let record = try await ledger.job(id), let review = try await ledger.review(of: id) else { return nil }
        self.record = record
        self.review = review
        details = JobDetails(record: record, trail: try await ledger.auditTrail(of: id, limit: 1000).reversed())
        let month = now.advanced(by: .seconds(-30 * 86_400))
        var lookups: [Lookup] = []
        func add(_ name: String, _ title: String, _ query: JobQuery) async throws(LedgerError) {
            var query = query
            // The object itself may be among them.
            query.limit = Self.most + 2
            let found = try await ledger.jobs(query).filter { $0.job.id != id }
            lookups.append(
                Lookup(
                    name: name, title: title, records: Array(found.prefix(Self.most)), isCut: found.count > Self.most))
        }
        if let sha256 = record.judgement?.evidence.sha256 {
            // Promoted copies above all: they may have to be recalled.
            let promoted = JobQuery(disposition: .promoted, sha256: sha256)
            try await add("promoted-sha256", "same bytes, promoted", promoted)
            try await add("same-sha256", "same bytes", JobQuery(sha256: sha256))
        }
        if let principal = record.job.event.uploader.principal {
            var query = JobQuery(since: month)
            query.uploader = principal
            try await add("same-uploader", "same uploader, 30 days", query)
        }
        for finding in record.decidingFindings.prefix(3) {
            var query = JobQuery(since: month)
            query.finding = finding.name
            try await add("same-finding", "\(finding.name), 30 days", query)
        }
        self.lookups = lookups
    }

    func write(to json: inout JSONWriter) {
        details.write(to: &json)
        json.object("quarantine") { json in
            json.field("state", review.state?.rawValue)
            json.field("change", review.change)
            json.field("place", record.place(review))
            json.field("approval", review.approval)
            json.field("work", review.work?.kind.rawValue)
            json.field("noteCount", review.notes.count)
            json.objects("notes", Array(review.notes.suffix(Self.mostNotes))) { note, json in note.write(to: &json) }
        }
        json.objects("lookups", lookups) { lookup, json in
            json.field("name", lookup.name)
            json.field("title", lookup.title)
            json.field("jobs", lookup.records.map(\.job.id.text))
            json.field("hasMore", lookup.isCut)
        }
    }

    var text: String {
        let uploader = record.job.event.uploader
        let facts = record.basis.facts
        var rows: [(String, String?)] = [
            ("state", review.state?.rawValue), ("lies at", record.place(review)?.location.description ?? "nowhere"),
            ("uploader", uploader.principal), ("from", uploader.sourceIP), ("request", uploader.requestID),
            ("uploaded", record.job.event.time?.description), ("metadata", facts.userMetadata),
            ("tags", facts.userTags),
        ]
        rows += record.decidingFindings.filter { !$0.path.isEmpty }.map { ("found in", "\($0.path) (\($0.name))") }
        rows.append(("changed", review.change?.text))
        rows.append(("approved", review.approval?.text))
        if let work = review.work {
            rows.append(
                ("under way", "\(work.kind.rawValue) by \(work.worker) until \(work.until): \(work.request.text)"))
        }
        let notes = review.notes.suffix(Self.mostNotes)
        if notes.count < review.notes.count {
            rows.append(("notes", "the latest \(notes.count) of \(review.notes.count)"))
        }
        rows += notes.map { ("note", $0.text) }
        for lookup in lookups {
            rows.append((lookup.title, lookup.records.isEmpty ? "none" : nil))
            rows += lookup.records.map { (lookup.title, $0.oneLine) }
            if lookup.isCut {
                rows.append((lookup.title, "and more: `lazaret jobs list` has filters for all of them"))
            }
        }
        let lines = rows.compactMap { row in row.1.map { "\(row.0.padded(to: 13))  \(printable($0))\n" } }
        return details.text + lines.joined()
    }
}

extension ReviewEntry {
    fileprivate var text: String { "\(at) by \(actor): \(reason)" }

    fileprivate func write(to json: inout JSONWriter) {
        json.field("actor", actor)
        json.field("at", at.description)
        json.field("reason", reason)
    }
}

extension JSONWriter {
    fileprivate mutating func field(_ name: String, _ entry: ReviewEntry?) {
        guard let entry else { return field(name, nil as String?) }
        object(name) { entry.write(to: &$0) }
    }
}

extension JobRecord {
    /// `01…ef promoted, s3://b/k`
    fileprivate var oneLine: String {
        let state = review?.rawValue ?? disposition?.rawValue ?? status
        let place = destination?.location ?? job.object.location
        return "\(job.id) \(state) \(firstReceivedAt), \(place)"
    }
}
