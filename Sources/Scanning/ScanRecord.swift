import CClamAV
import Glibc
import ScanProtocol

/// Gathers what libclamav says by its callbacks. The process has one thread and scans one file at a time, so there is one
/// record; the callback for log messages has no other way to find it.
final class ScanRecord: @unchecked Sendable {
    static let current = ScanRecord()

    private(set) var facts = ScanFacts()
    private(set) var lastWarning = ""
    /// Of the object and of all files that were unpacked from it.
    private(set) var bytes: Int64 = 0
    /// Bytes of the object that the engine says it matched.
    private(set) var bytesMatched: Int64 = 0
    var files: Int64 { Int64(facts.layers) }
    /// The pass that runs, and the file that it goes over.
    private var pass: Pass?
    private var stack = LayerStack()
    /// The largest size that a layer may have.
    private var sizeLimit: Int64 = 0
    /// Copies of the descriptors of inner layers that need a pass of their own.
    private var unmatched: [Unmatched] = []

    /// A layer of a type that the engine passes over.
    struct Unmatched {
        let descriptor: CInt
        let level: Int
    }

    /// The engine passes a type of this name over.
    static let ignoredType = "CL_TYPE_IGNORED"
    /// Known to the engine, and not opened by it: Debian's build has no RAR, and disk images and the like are named only.
    private static let unopenedTypes: Set<String> = ["CL_TYPE_RAR", "CL_TYPE_RARSFX"]
    private static let maximumUnmatched = 200
    /// libclamav cuts an inner file at a whole number of these, and says nothing.
    private static let cutUnit: Int64 = 8192

    func begin(size: Int64, sizeLimit: Int64) {
        facts = ScanFacts()
        facts.sizeBefore = size
        lastWarning = ""
        (bytes, bytesMatched) = (0, 0)
        self.sizeLimit = sizeLimit
    }

    func end(_ finish: (inout ScanFacts) -> Void) -> ScanFacts {
        for layer in takeUnmatched() { close(layer.descriptor) }
        finish(&facts)
        return facts
    }

    /// Runs one pass of the engine, whose layers count as layers of the pass's file.
    ///
    /// - Returns: the engine's name for the type of the pass's file; nil where the engine did not take it up.
    func during(_ pass: Pass, _ body: () -> Void) -> String? {
        self.pass = pass
        rootType = nil
        body()
        if !stack.isEmpty {
            // What was left open was never looked at as a whole.
            note(ScanGap(.malformed, "the engine did not come back from \(stack.count) layers"))
            stack.removeAll()
        }
        self.pass = nil
        return rootType
    }

    private var rootType: String?

    /// The layers of ignored types that were met since the last call; whoever takes them closes their descriptors.
    func takeUnmatched() -> [Unmatched] {
        defer { unmatched = [] }
        return unmatched
    }

    /// The first code that is neither clean nor a match stands; else a match does.
    func note(_ code: cl_error_t, alert: String? = nil) {
        if let alert { note(alert: alert) }
        let code = Int32(code.rawValue)
        switch facts.code {
        case 0: facts.code = code
        case 1 where code != 0: facts.code = code
        default: break
        }
    }

    func note(_ gap: ScanGap) {
        guard !facts.gaps.contains(gap) else { return }
        if facts.gaps.count < ScanFacts.maximumGaps {
            facts.gaps.append(gap)
        } else {
            facts.gapsLeftOut &+= 1
        }
    }

    func noteMatched(bytes: Int64) { bytesMatched &+= bytes }

    func noteUnmatched() { facts.unmatchedLayers &+= 1 }

    private func note(alert: String) {
        guard !facts.alerts.contains(alert) else { return }
        if facts.alerts.count < ScanFacts.maximumAlerts {
            facts.alerts.append(alert)
        } else {
            facts.alertsLeftOut &+= 1
        }
    }

    private func note(warning: String) {
        lastWarning = warning
        facts.warningCount &+= 1
        if facts.warnings.count < ScanFacts.maximumWarnings { facts.warnings.append(warning) }
    }

    // MARK: Layers

    private func enter(_ descriptor: CInt, type: String) {
        guard let pass else { return }
        let layer: Layer
        if let parent = stack.top {
            layer = Self.layer(type, descriptor, in: parent)
        } else {
            rootType = type
            if pass.isObject, !facts.isRootSeen {
                facts.isRootSeen = true
                facts.rootType = type
            }
            layer = Layer(
                type: type, level: pass.level, descriptor: descriptor, file: Layer.File.behind(descriptor)?.file,
                extent: (pass.offset, pass.size))
        }
        stack.enter(layer)
        guard pass.kind != .raw, pass.kind != .shifted || stack.count > 1 else { return }
        bytes &+= layer.extent?.size ?? 0
        facts.layers &+= 1
        facts.deepest = max(facts.deepest, UInt32(clamping: layer.level))
        if Self.unopenedTypes.contains(type), !facts.unopened.contains(type),
            facts.unopened.count < ScanFacts.maximumUnopened
        {
            facts.unopened.append(type)
        }
        if stack.count > 1, let extent = layer.extent, isCut(extent.size) { facts.cutLayers &+= 1 }
    }

    private static func layer(_ type: String, _ descriptor: CInt, in parent: Layer) -> Layer {
        let behind = Layer.File.behind(descriptor)
        // A part of the same file is mapped in place, and the engine does not tell where.
        let size = behind.flatMap { $0.file == parent.file ? nil : $0.size }
        return Layer(
            type: type, level: parent.level + 1, descriptor: descriptor, file: behind?.file,
            extent: size.map { (0, $0) })
    }

    private func isCut(_ size: Int64) -> Bool { (sizeLimit - Self.cutUnit + 1...sizeLimit).contains(size) }

    private func leave(_ descriptor: CInt) {
        guard let pass else { return }
        guard let layer = stack.leave(descriptor) else {
            note(ScanGap(.malformed, "the engine left a layer that it had not entered"))
            return
        }
        guard pass.kind != .raw, !stack.isEmpty else { return }
        guard layer.type == Self.ignoredType else {
            if let extent = layer.extent { stack.noteChild(size: extent.size) }
            return
        }
        // A layer without a file of its own is a part of one that has been matched.
        let copy = layer.extent != nil && unmatched.count < Self.maximumUnmatched ? dup(descriptor) : -1
        if copy >= 0 { unmatched.append(Unmatched(descriptor: copy, level: layer.level)) } else { noteUnmatched() }
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
            ScanRecord.current.enter(descriptor, type: unsafe type.map { unsafe String(cString: $0) } ?? "")
            return CL_CLEAN
        }
        unsafe cl_engine_set_clcb_post_scan(engine) { descriptor, _, _, _ in
            ScanRecord.current.leave(descriptor)
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
