package import Domain
package import ScanProtocol

/// What a part that was not inspected amounts to.
package func finding(for gap: ScanGap, limits: ScanLimits) -> Finding {
    switch gap.kind {
    case .unopened: Finding(.limit, "unsupported-container", detail: gap.detail)
    case .truncated: Finding(.limit, "truncated", detail: gap.detail)
    case .malformed: Finding(.limit, "malformed", detail: gap.detail)
    case .encrypted: encrypted(detail: gap.detail, limits)
    case .method: Finding(.limit, "unsupported-method", detail: gap.detail)
    case .missedMember: Finding(.limit, "missed-member", detail: gap.detail)
    case .skippedPass: Finding(.limit, "skipped-pass", detail: gap.detail)
    case .read: Finding(.limit, "read-error", detail: gap.detail)
    case .tooManyFiles: Finding(.limit, "max-files", detail: gap.detail)
    case .tooManyBytes: Finding(.limit, "max-scan-size", detail: gap.detail)
    case .tooDeep: Finding(.limit, "max-recursion", detail: gap.detail)
    case .outOfTime: Finding(.limit, "max-scan-time", detail: gap.detail)
    case .notStreamable: Finding(.limit, "over-engine-ceiling", detail: gap.detail)
    case .resources: Finding(.limit, "resources", detail: gap.detail)
    case .scratchFull: Finding(.limit, "resources", detail: gap.detail)
    case .unmatched: Finding(.limit, "unmatched-layer", detail: gap.detail)
    case .overlapping: Finding(.limit, "overlapping-entries", detail: gap.detail)
    }
}
