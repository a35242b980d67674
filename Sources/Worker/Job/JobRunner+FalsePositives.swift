internal import Domain
internal import Judging
internal import Ledger
internal import Pipelines
internal import Support

extension JobRunner {
    /// Returns the judgement without the findings that a person has called false for the same bytes in this pipeline.
    func excused(_ judgement: Judgement, size: Int64) async throws -> Judgement {
        guard judgement.verdict != .clean, let sha256 = judgement.evidence.sha256, let pipeline else {
            return judgement
        }
        let query = FalsePositiveQuery(sha256: sha256, pipeline: pipeline.name, activeAt: context.clocks.wall())
        let known = try await scope.run { try await context.ledger.falsePositives(query) }
        return judgement.excusing(known, size: size, limits: pipeline.limits)
    }
}

extension Judgement {
    /// Returns the judgement without the findings that are on record as false positives of the same bytes.
    func excusing(_ known: [FalsePositive], size: Int64, limits: ScanLimits) -> Judgement {
        guard !known.isEmpty else { return self }
        return excusing(size: size, limits: limits) { finding in
            known.first { $0.kind == finding.kind && $0.finding == finding.name }.map { entry in
                "released by \(entry.added.actor) at \(entry.added.at) (\(entry.added.reason)); until \(entry.expiresAt)"
            }
        }
    }
}
