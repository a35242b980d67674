import ScanProtocol
import Unpacking

extension ScanGap {
    init(_ error: UnpackingError, in form: ContainerForm) { self.init(error, in: form.displayName) }

    init(_ error: UnpackingError, in container: String, path: String = "") {
        let kind = Kind(error.code)
        self.init(kind, "\(container)\(path.isEmpty ? "" : ", \(path)"): \(error.detail)", path: path)
    }

    /// The gap that a problem of a ZIP causes, or nil if it causes none or the member list shows it.
    init?(_ problem: ZipProblem, path: String = "") {
        let kind: Kind
        switch (problem.kind, problem.kind.effect) {
        case (.encrypted, _): kind = .encrypted
        case (.unknownMethod, _): kind = .method
        case (.truncated, _), (.noDirectory, _): kind = .truncated
        case (.overlap, _): kind = .overlapping
        case (_, .unopened), (_, .ambiguous): kind = .malformed
        case (_, .engineSkips), (_, .harmless): return nil
        }
        let times = problem.count > 1 ? " (\(problem.count) times)" : ""
        self.init(kind, "ZIP: \(problem.kind.rawValue), \(problem.detail)\(times)", path: path)
    }
}

extension ScanGap.Kind {
    init(_ code: UnpackingError.Code) {
        self =
            switch code {
            case .truncated: .truncated
            case .malformed: .malformed
            case .encrypted: .encrypted
            case .method: .method
            case .tooLarge: .tooManyBytes
            case .scratch, .memory: .resources
            case .scratchFull: .scratchFull
            case .read: .read
            }
    }
}
