package import Domain
package import ScanProtocol

extension Finding {
    /// The finding for a part of the object that was not inspected.
    package init(_ gap: ScanGap, limits: ScanLimits) {
        switch gap.kind {
        case .unopened: self.init(.limit, "unsupported-container", detail: gap.detail, path: gap.path)
        case .truncated: self.init(.limit, "truncated", detail: gap.detail, path: gap.path)
        case .malformed: self.init(.limit, "malformed", detail: gap.detail, path: gap.path)
        case .encrypted: self.init(encrypted: gap.detail, path: gap.path, limits: limits)
        case .method: self.init(.limit, "unsupported-method", detail: gap.detail, path: gap.path)
        case .missedMember: self.init(.limit, "missed-member", detail: gap.detail, path: gap.path)
        case .skippedPass: self.init(.limit, "skipped-pass", detail: gap.detail, path: gap.path)
        case .read: self.init(.limit, "read-error", detail: gap.detail, path: gap.path)
        case .tooManyFiles: self.init(.limit, "max-files", detail: gap.detail, path: gap.path)
        case .tooManyBytes: self.init(.limit, "max-scan-size", detail: gap.detail, path: gap.path)
        case .tooDeep: self.init(.limit, "max-recursion", detail: gap.detail, path: gap.path)
        case .outOfTime: self.init(.limit, "max-scan-time", detail: gap.detail, path: gap.path)
        case .notStreamable: self.init(.limit, "over-engine-ceiling", detail: gap.detail, path: gap.path)
        case .resources: self.init(.limit, "resources", detail: gap.detail, path: gap.path)
        case .scratchFull: self.init(.limit, "resources", detail: gap.detail, path: gap.path)
        case .unmatched: self.init(.limit, "unmatched-layer", detail: gap.detail, path: gap.path)
        case .unknownForm: self.init(.limit, "unknown-form", detail: gap.detail, path: gap.path)
        case .overlapping: self.init(.limit, "overlapping-entries", detail: gap.detail, path: gap.path)
        }
    }
}
