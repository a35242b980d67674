internal import AWS
internal import Domain
internal import Pipelines
internal import Transfer

/// The check of one bucket: that it can be reached, and that each permission which the pipelines need is there.
struct BucketCheck {
    let cloud: Cloud
    let s3: S3Client
    let bucket: String
    let needs: [BucketNeeds]
    /// The pipeline that reads from the bucket; nil if it is only a destination.
    let source: Pipeline?
    /// Whether an empty object may be written and deleted.
    let writes: Bool

    private struct Tried {
        var allowed: Set<S3Permission> = []
        var denied: [String] = []
        var unknown: [String] = []
    }

    /// - Returns: the lines of the report.
    /// - Throws: `CommandFailure` with what is denied.
    func run() async throws -> [String] {
        try await reach()
        let versioning = try? await s3.versioning(of: bucket)
        var tried = Tried()
        for need in needs { await tryAll(of: need, versioning, &tried) }
        guard tried.denied.isEmpty else {
            throw CommandFailure(.configuration, lines: tried.denied + [Self.advice])
        }
        var facts = "reachable"
        if let source {
            facts += "; \(await s3.sourceBucketFacts(bucket, below: source.match.prefix, versioning))"
        }
        var lines = [facts]
        if versioning == nil {
            lines.append("WARNING: whether it keeps versions is unknown: allow s3:GetBucketVersioning")
        }
        let allowed = S3Permission.allCases.filter(tried.allowed.contains).map(\.rawValue)
        lines.append("allowed: \((["s3:ListBucket"] + allowed).joined(separator: ", "))")
        lines += tried.unknown
        if needs.contains(where: \.isDestination) {
            lines.append(try await writeResult(versioning))
        }
        return lines + abilities(await asked(versioning))
    }

    /// What the store was seen to do without being written to; what was seen by writing is in `writeResult`.
    private func asked(_ versioning: BucketVersioning?) async -> StoreProbe.Answers {
        await StoreProbe(s3).ask(bucket, below: source?.match.prefix ?? "", missing: nil, versioning)
    }

    /// One line of what the store does, and a warning for each thing that it ignores.
    private func abilities(_ answers: StoreProbe.Answers) -> [String] {
        let kept = StoreAbility.allCases.filter { answers[$0] == .kept }.map(\.rawValue)
        let lines = kept.isEmpty ? [] : ["the store keeps: \(kept.joined(separator: ", "))"]
        return lines
            + StoreAbility.allCases.filter { answers[$0] == .ignored }.map {
                "WARNING: the store ignores \($0.rawValue): \($0.consequence)"
            }
    }

    private static let advice = "allow it in the policies of the identity, the bucket and its KMS key (docs/SETUP.md)"

    /// An answer to HEAD has no body, and so no code: if it fails, a listing gives the reason.
    private func reach() async throws {
        do throws(AWSError) {
            try await s3.headBucket(bucket)
        } catch let failed {
            do throws(AWSError) {
                _ = try await s3.list(bucket: bucket, limit: 1)
            } catch {
                throw cloud.failure(error)
            }
            throw cloud.failure(failed)
        }
    }

    private func tryAll(of need: BucketNeeds, _ versioning: BucketVersioning?, _ tried: inout Tried) async {
        guard let missing = missingObject(below: need.prefix, in: bucket) else {
            tried.unknown.append("not tried: keys below \(need.prefix), which is too long for a probe")
            return
        }
        for permission in need.permissions(versioning) {
            switch await s3.tries(permission, at: missing) {
            case .allowed: tried.allowed.insert(permission)
            case .denied(let error):
                tried.denied.append(
                    "denied: \(permission.rawValue) on arn:aws:s3:::\(bucket)/\(need.prefix)* (\(error.code))")
            case .unknown(let error):
                tried.unknown.append("not tried: \(permission.rawValue): \(error)")
            }
        }
    }

    /// Writes two small objects below each prefix of a destination and deletes them, if that is wanted.
    private func writeResult(_ versioning: BucketVersioning?) async throws -> String {
        guard writes else {
            return
                "not tried: writing with the bucket's own encryption; --write writes two small objects and deletes them"
        }
        var answers: StoreProbe.Answers = [:]
        for need in needs where need.isDestination {
            guard let location = missingObject(below: need.prefix, in: bucket),
                let other = missingObject(below: need.prefix, in: bucket)
            else { continue }
            do throws(AWSError) {
                answers = try await StoreProbe(s3).askByWriting((location, other), versioning)
            } catch {
                throw CommandFailure(
                    cloud.failure(error).status, lines: ["can't write and delete \(location): \(error)", Self.advice])
            }
        }
        return (["written and deleted: two small objects"] + abilities(answers)).joined(separator: "\n")
    }
}

/// A key that no object has; nil if the prefix leaves no room for it.
func missingObject(below prefix: String, in bucket: String) -> ObjectLocation? {
    let name = "\(prefix).lazaret-check-\(String(UInt64.random(in: .min ... .max), radix: 16))"
    return ObjectKey(name).map { ObjectLocation(bucket: bucket, key: $0) }
}
