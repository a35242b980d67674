import CClamAV
import Glibc
import ScanProtocol

/// Gathers what libclamav says by its callbacks. The process has one thread and scans one file at a time, so there is one
/// record; the callback for log messages has no other way to find it.
final class ScanRecord: @unchecked Sendable {
    static let current = ScanRecord()

    /// What the running pass is for, which decides whose layers count.
    enum Pass {
        case none
        /// All parsers on: the first layer is the object itself.
        case parse
        /// No parsers: only bytes are matched.
        case raw
        /// From the second byte on, all parsers on.
        case shifted
    }

    private(set) var facts = ScanFacts()
    private(set) var lastWarning = ""
    var pass = Pass.none
    /// The largest size that a layer may have.
    private var sizeLimit: Int64 = 0
    private var root = (device: dev_t(0), file: ino_t(0))
    /// Copies of the descriptors of inner layers that need a pass of their own.
    private(set) var unmatched: [CInt] = []

    /// The engine passes a type of this name over.
    static let ignoredType = "CL_TYPE_IGNORED"
    /// Known to the engine, and not opened by it: Debian's build has no RAR, and disk images and the like are named only.
    private static let unopenedTypes: Set<String> = ["CL_TYPE_RAR", "CL_TYPE_RARSFX"]
    private static let maximumUnmatched = 200
    /// libclamav cuts an inner file at a whole number of these, and says nothing.
    private static let cutUnit: Int64 = 8192

    func begin(_ descriptor: CInt, size: Int64, sizeLimit: Int64) {
        facts = ScanFacts()
        facts.sizeBefore = size
        lastWarning = ""
        self.sizeLimit = sizeLimit
        var file = stat()
        unsafe _ = fstat(descriptor, &file)
        root = (file.st_dev, file.st_ino)
    }

    func end(_ finish: (inout ScanFacts) -> Void) -> ScanFacts {
        pass = .none
        for descriptor in unmatched { close(descriptor) }
        unmatched = []
        finish(&facts)
        return facts
    }

    /// The first code that is neither clean nor a match stands; else a match does.
    func note(code: cl_error_t, alert: String?) {
        if let alert { note(alert: alert) }
        let code = Int32(code.rawValue)
        switch facts.code {
        case 0: facts.code = code
        case 1 where code != 0: facts.code = code
        default: break
        }
    }

    func noteUnmatched() { facts.unmatchedLayers &+= 1 }

    fileprivate func note(alert: String) {
        guard !facts.alerts.contains(alert) else { return }
        if facts.alerts.count < ScanFacts.maximumAlerts {
            facts.alerts.append(alert)
        } else {
            facts.alertsLeftOut &+= 1
        }
    }

    fileprivate func note(warning: String) {
        lastWarning = warning
        facts.warningCount &+= 1
        if facts.warnings.count < ScanFacts.maximumWarnings { facts.warnings.append(warning) }
    }

    fileprivate func note(layer descriptor: CInt, type: String) {
        guard pass == .parse || pass == .shifted else { return }
        let isRoot = pass == .parse && !facts.isRootSeen
        facts.layers &+= 1
        if isRoot {
            facts.isRootSeen = true
            facts.rootType = type
        }
        if Self.unopenedTypes.contains(type), !facts.unopened.contains(type) { facts.unopened.append(type) }
        if isRoot { return }

        var file = stat()
        // A layer without a file of its own is a part of one that has been seen.
        let isFile = unsafe descriptor >= 0 && fstat(descriptor, &file) == 0
        let hasOwnFile = isFile && (file.st_dev, file.st_ino) != root
        if hasOwnFile, (sizeLimit - Self.cutUnit + 1...sizeLimit).contains(Int64(file.st_size)) {
            facts.cutLayers &+= 1
        }
        guard type == Self.ignoredType else { return }
        let copy = hasOwnFile && unmatched.count < Self.maximumUnmatched ? dup(descriptor) : -1
        if copy >= 0 { unmatched.append(copy) } else { noteUnmatched() }
    }

    // MARK: The callbacks

    /// Takes libclamav's log messages from here on, instead of standard error.
    static func listenToMessages() {
        unsafe cl_set_clcb_msg { severity, _, message, _ in
            guard severity.rawValue >= CL_MSG_WARN.rawValue, let message = unsafe message else { return }
            unsafe ScanRecord.current.note(warning: String(cString: message).withoutTrailingSpace)
        }
    }

    static func install(in engine: OpaquePointer) {
        unsafe cl_engine_set_clcb_virus_found(engine) { _, name, _ in
            ScanRecord.current.note(alert: unsafe name.map { unsafe String(cString: $0) } ?? "")
        }
        unsafe cl_engine_set_clcb_pre_cache(engine) { descriptor, type, _ in
            ScanRecord.current.note(layer: descriptor, type: unsafe type.map { unsafe String(cString: $0) } ?? "")
            return CL_CLEAN
        }
    }
}

extension String {
    fileprivate var withoutTrailingSpace: String {
        var text = self[...]
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return String(text)
    }
}
