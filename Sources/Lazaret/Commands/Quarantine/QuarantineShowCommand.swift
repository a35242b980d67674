internal import AWS
internal import Domain
internal import Ledger
internal import Pipelines
internal import Support
internal import Transfer
internal import Worker

/// `lazaret quarantine show`: the whole story of single objects.
enum QuarantineShowCommand {
    static let command = Command(
        words: ["quarantine", "show"],
        abstract:
            "Shows objects with their findings, reviews and notes, where else their bytes are, and what a release would do.",
        operands: "JOB...",
        flags: [.ledger, .pipelines, .json, Flag("offline", "ask the ledger alone, and no bucket")]
    ) { arguments in
        guard !arguments.operands.isEmpty else {
            throw CommandFailure(
                .usage, "`lazaret quarantine show` needs a job ID; `lazaret quarantine list` shows them")
        }
        let ids = try arguments.jobIDs()
        let pipelines = try arguments.pipelines()
        let cloud = arguments.isSet("offline") ? nil : try await Cloud(arguments, queueURL: "").serving(pipelines)
        let ledger = try await openExistingLedger(arguments)
        var missing: [String] = []
        for id in ids {
            let story = try await readLedger { () async throws(LedgerError) in
                try await QuarantineStory(of: id, in: ledger, now: .now())
            }
            guard let story else {
                missing.append("the ledger has no job \(id)")
                continue
            }
            let pipeline = pipelines.pipeline(of: story.record)
            let release = await ReleasePreview(story.record, story.review, pipeline, cloud?.s3(of: pipeline))
            if arguments.isSet("json") {
                outputJSON { json in
                    story.write(to: &json)
                    release.write(to: &json)
                }
            } else {
                output(story.text + release.text)
            }
        }
        await ledger.close()
        if !missing.isEmpty { throw CommandFailure(.badData, lines: missing) }
    }
}

/// What a release would do, as far as it can be found out without a change.
struct ReleasePreview {
    private let lines: [String]
    private let plan: ReleasePlan?
    private let refusal: String?
    private var properties: OriginalProperties?
    private var isOccupied: Bool?

    /// - Parameter s3: nil to ask no bucket.
    init(_ record: JobRecord, _ review: Review, _ pipeline: Pipeline?, _ s3: S3Client?) async {
        var lines: [String] = []
        var (plan, refusal): (ReleasePlan?, String?)
        do throws(ReleasePlan.Refusal) {
            guard record.review?.isInQuarantine == true else {
                throw ReleasePlan.Refusal(state: record.review)
            }
            plan = try ReleasePlan(record, review, pipeline)
        } catch { refusal = error.description }
        if let plan {
            lines.append(
                "would go to \(plan.target)\(plan.needsApproval ? ", after the approval of another person" : "")")
            if let s3 {
                let mover = ObjectMover(store: s3)
                let source = ObjectVersion(
                    bucket: plan.source.location.bucket, key: plan.source.location.key,
                    versionID: plan.source.versionID, etag: nil)
                do throws(TransferError) {
                    let original = OriginalProperties(try await mover.reader.headWithSHA256(of: source), of: record)
                    properties = original
                    lines += original.lines
                    let found = try await mover.verifier.occupant(of: plan.target)
                    isOccupied = found != nil
                    let written = found?.writtenAt.map { ", written at \($0)" } ?? ""
                    lines.append(found == nil ? "nothing is there yet" : "an object is there already\(written)")
                } catch { lines.append("S3: \(error)") }
            }
        }
        if let refusal { lines.append("not possible: \(refusal)") }
        (self.lines, self.plan, self.refusal) = (lines, plan, refusal)
    }

    var text: String { lines.map { "\("release".padded(to: 13))  \(printable($0))\n" }.joined() }

    func write(to json: inout JSONWriter) {
        json.object("release") { json in
            json.field("destination", plan.map { Destination($0.target) })
            json.field("needsApproval", plan?.needsApproval)
            json.field("isOccupied", isOccupied)
            json.field("contentType", properties?.properties.contentType)
            json.field("propertiesLost", properties?.leftOut)
            json.field("refusal", refusal)
        }
    }
}

extension OriginalProperties {
    fileprivate var lines: [String] {
        let facts: [String?] = [
            properties.contentType.map { "type \($0)" }, properties.contentEncoding.map { "encoding \($0)" },
            properties.contentDisposition.map { "disposition \($0)" },
            properties.cacheControl.map { "cache control \($0)" },
            properties.metadata.isEmpty ? nil : "\(properties.metadata.count) items of metadata",
            tags.isEmpty ? nil : "\(tags.count) tags",
            leftOut == 0 ? nil : "\(leftOut) properties are lost: they did not fit into the metadata in quarantine",
        ]
        let known = facts.compactMap(\.self)
        return known.isEmpty ? [] : ["with \(known.joined(separator: ", "))"]
    }
}
