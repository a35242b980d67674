package import Domain
package import ScanProtocol

extension Finding {
    /// The finding for a part of the object that was not inspected.
    package init(_ gap: ScanGap, limits: ScanLimits) {
        switch gap.kind {
        case .unopened: self.init(.limit, "unsupported-container", detail: gap.detail)
        case .truncated: self.init(.limit, "truncated", detail: gap.detail)
        case .malformed: self.init(.limit, "malformed", detail: gap.detail)
        case .encrypted: self.init(encrypted: gap.detail, limits: limits)
        case .method: self.init(.limit, "unsupported-method", detail: gap.detail)
        case .missedMember: self.init(.limit, "missed-member", detail: gap.detail)
        case .skippedPass: self.init(.limit, "skipped-pass", detail: gap.detail)
        case .read: self.init(.limit, "read-error", detail: gap.detail)
        case .tooManyFiles: self.init(.limit, "max-files", detail: gap.detail)
        case .tooManyBytes: self.init(.limit, "max-scan-size", detail: gap.detail)
        case .tooDeep: self.init(.limit, "max-recursion", detail: gap.detail)
        case .outOfTime: self.init(.limit, "max-scan-time", detail: gap.detail)
        case .notStreamable: self.init(.limit, "over-engine-ceiling", detail: gap.detail)
        case .resources: self.init(.limit, "resources", detail: gap.detail)
        case .scratchFull: self.init(.limit, "resources", detail: gap.detail)
        case .unmatched: self.init(.limit, "unmatched-layer", detail: gap.detail)
        case .overlapping: self.init(.limit, "overlapping-entries", detail: gap.detail)
        }
    }
}
