import CClamAV
import Domain
import Glibc
import ScanProtocol
import Unpacking

/// Gathers what libclamav says by its callbacks. The process has one thread and scans one file at a time, so there is one
/// record; the callback for log messages has no other way to find it.
final class ScanRecord: @unchecked Sendable {
    static let current = ScanRecord()

    private(set) var facts = ScanFacts()
    private(set) var lastWarning = ""
    /// The limit of the whole object that was hit, if one was: what comes after it changes nothing.
    private(set) var spent: ScanGap.Kind?
    /// Of the object and of all files that were unpacked from it.
    private(set) var bytes: Int64 = 0
    /// Bytes of the object that the engine says it matched.
    private(set) var bytesMatched: Int64 = 0
    /// Bytes of an object beyond the engine's ceiling that were read.
    private(set) var bytesRead: Int64 = 0
    var files: Int64 { Int64(facts.layers) }
    /// The pass that runs, and the file that it goes over.
    private var pass: Pass?
    private var stack = LayerStack()
    /// The largest size that a layer may have.
    private var sizeLimit: Int64 = 0
    /// Copies of the descriptors of inner layers that need a pass of their own.
    private var unmatched: [Unmatched] = []
    /// Containers of which the engine missed something, the one that was met last at the end.
    private var backlog: [Backlog] = []

    /// A layer of a type that the engine passes over.
    struct Unmatched {
        let descriptor: CInt
        let level: Int
    }

    /// What the engine says where the whole object is beyond a limit, and not one file in it.
    private static let finalAlerts: [String: ScanGap.Kind] = [
        "Heuristics.Limits.Exceeded.MaxScanSize": .tooManyBytes,
        "Heuristics.Limits.Exceeded.MaxFiles": .tooManyFiles,
        "Heuristics.Limits.Exceeded.MaxScanTime": .outOfTime,
    ]
    /// The engine passes a type of this name over.
    static let ignoredType = "CL_TYPE_IGNORED"
    /// Disks in partitions: the engine matches each partition's bytes, and opens hardly any file system.
    private static let diskTypes: Set<String> = ["CL_TYPE_MBR", "CL_TYPE_GPT", "CL_TYPE_APM"]
    private static let maximumUnmatched = 64
    /// Each holds a file open, and on disk.
    private static let usualBacklog = 16
    private static let maximumBacklog = 120
    /// libclamav cuts an inner file at a whole number of these, and says nothing.
    private static let cutUnit: Int64 = 8192

    func begin(size: Int64, sizeLimit: Int64) {
        facts = ScanFacts()
        facts.sizeBefore = size
        lastWarning = ""
        spent = nil
        (bytes, bytesMatched, bytesRead) = (0, 0, 0)
        self.sizeLimit = sizeLimit
    }

    func end(_ finish: (inout ScanFacts) -> Void) -> ScanFacts {
        for layer in takeUnmatched() { close(layer.descriptor) }
        while let container = takeBacklog() { close(container.descriptor) }
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
        lookAtScratch()
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

    /// How many containers were put aside.
    var backlogCount: Int { backlog.count }

    /// The container that was put aside last; whoever takes it closes its descriptor.
    func takeBacklog() -> Backlog? { backlog.popLast() }

    var gapCount: Int { facts.gaps.count + Int(facts.gapsLeftOut) }

    /// Notes a file that the engine does not take, and that is gone over in another way.
    func noteParts(_ method: ScanMethod, type: String, size: Int64, level: Int) {
        facts.layers &+= 1
        facts.deepest = max(facts.deepest, UInt32(clamping: level))
        bytes &+= size
        guard level == 0 else { return }
        facts.method = method
        facts.isRootSeen = true
        facts.rootType = type
    }

    func noteRead(bytes: Int64) { bytesRead &+= bytes }

    func noteExtracted() { facts.extracted &+= 1 }

    /// The first code that is neither clean nor a match stands; else a match does.
    func note(_ code: cl_error_t, alert: String? = nil) {
        if let alert { note(alert: alert) }
        if let gap = ScratchRoom.gap(for: code) { note(gap) }
        let code = Int32(code.rawValue)
        switch facts.code {
        case 0: facts.code = code
        case 1 where code != 0: facts.code = code
        default: break
        }
    }

    func note(_ gap: ScanGap) {
        if gap.kind == .tooManyFiles || gap.kind == .outOfTime { spent = gap.kind }
        guard !facts.gaps.contains(gap) else { return }
        if gap.kind == .scratchFull { return note(first: gap) }
        if facts.gaps.count < ScanFacts.maximumGaps {
            facts.gaps.append(gap)
        } else {
            facts.gapsLeftOut &+= 1
        }
    }

    /// Of a full disk, many other gaps may come: none of them keeps the worker from hearing of it.
    private func note(first gap: ScanGap) {
        guard !isScratchFull else { return }
        if facts.gaps.count == ScanFacts.maximumGaps {
            facts.gaps.removeLast()
            facts.gapsLeftOut &+= 1
        }
        facts.gaps.insert(gap, at: 0)
    }

    /// The engine seldom says why it could not write, and at times not even that it could not.
    private func lookAtScratch() {
        guard !isScratchFull, ScratchRoom.isOut else { return }
        note(ScanGap(.scratchFull, "the disk under scratch is full"))
    }

    private var isScratchFull: Bool { facts.gaps.first?.kind == .scratchFull }

    func noteMatched(bytes: Int64) { bytesMatched &+= bytes }

    func noteUnmatched() { facts.unmatchedLayers &+= 1 }

    private func note(alert: String) {
        if let limit = Self.finalAlerts[alert] { spent = limit }
        guard !facts.alerts.contains(alert) else { return }
        if facts.alerts.count < ScanFacts.maximumAlerts {
            facts.alerts.append(alert)
        } else {
            facts.alertsLeftOut &+= 1
        }
    }

    private func note(warning: String) {
        lastWarning = warning
        // At this moment the file is still there for which there was no room.
        if let gap = ScratchRoom.gap(for: warning) { note(gap) } else { lookAtScratch() }
        facts.warningCount &+= 1
        if facts.warnings.count < ScanFacts.maximumWarnings { facts.warnings.append(warning) }
    }

    // MARK: Layers

    private func enter(_ descriptor: CInt, type: String) {
        guard let pass else { return }
        let layer: Layer
        if let parent = stack.top {
            layer = Layer(type, descriptor, in: parent)
        } else {
            rootType = type
            if pass.isObject, !facts.isRootSeen {
                facts.isRootSeen = true
                facts.rootType = type
            }
            layer = Layer(type, descriptor, of: pass)
        }
        stack.enter(layer)
        guard !pass.isRaw, pass.countsItsFile || stack.count > 1 else { return }
        bytes &+= layer.extent?.size ?? 0
        facts.layers &+= 1
        facts.deepest = max(facts.deepest, UInt32(clamping: layer.level))
        if stack.count > 1, let extent = layer.extent, isCut(extent.size) { facts.cutLayers &+= 1 }
    }

    private func isCut(_ size: Int64) -> Bool { (sizeLimit - Self.cutUnit + 1...sizeLimit).contains(size) }

    private func leave(_ descriptor: CInt) {
        guard let pass else { return }
        guard let layer = stack.leave(descriptor) else {
            note(ScanGap(.malformed, "the engine left a layer that it had not entered"))
            return
        }
        guard !pass.isRaw else { return }
        if HiddenRar.types.contains(layer.type), layer.form?.isOpened != true {
            // A part of the file around it: that one is searched when it ends.
            if layer.extent == nil { stack.noteHiddenRar() }
            if layer.extent != nil || stack.top?.extent == nil { note(unopened: layer.type) }
        }
        if layer.hidesRar || HiddenRar.programs.contains(layer.type) { openHiddenRar(in: layer) }
        if layer.form == nil { openPayload(of: layer) }
        if layer.type == PDFWalk.type || layer.hidesPDF { walkPDF(layer, pass) }
        if layer.type == EncryptedPackage.type { note(encryptionOf: layer) }
        if layer.extent != nil, layer.form == nil, Self.diskTypes.contains(layer.type) {
            note(ScanGap(.unopened, "a disk image, whose file systems are opened by nothing here"))
        }
        let isSeen = reconcile(layer, pass)
        guard let parent = stack.top else { return }
        if OfficePassword.isTold(by: layer, in: parent) {
            note(ScanGap(.encrypted, "an office document under a password"))
        }
        guard layer.type == Self.ignoredType else { return stack.noteChild(size: isSeen ? layer.extent?.size : nil) }
        // A layer of a type that the engine passes over is as good as missed. Where the container around it is gone through
        // for what was missed, this will be unpacked again and get passes of its own; elsewhere its file is kept for them.
        stack.noteChild(size: nil)
        guard parent.form?.isOpened != true else { return }
        // A layer without a file of its own is a part of one that has been matched.
        let copy = layer.extent != nil && unmatched.count < Self.maximumUnmatched ? dup(descriptor) : -1
        if copy >= 0 { unmatched.append(Unmatched(descriptor: copy, level: layer.level)) } else { noteUnmatched() }
    }

    private func note(unopened type: String) {
        guard !facts.unopened.contains(type), facts.unopened.count < ScanFacts.maximumUnopened else { return }
        facts.unopened.append(type)
    }

    private func openHiddenRar(in layer: Layer) {
        guard let extent = layer.extent else { return }
        let found = HiddenRar.find(in: layer.descriptor, offset: extent.offset, size: extent.size)
        guard let (offset, form) = found else {
            if layer.hidesRar { note(unopened: "CL_TYPE_RARSFX") }
            return
        }
        putAside(form, of: layer, extent, from: offset)
    }

    private func openPayload(of layer: Layer) {
        guard let extent = layer.extent,
            let found = ScriptPayload.find(in: layer.descriptor, offset: extent.offset, size: extent.size)
        else { return }
        putAside(found.form, of: layer, extent, from: found.offset)
    }

    /// Puts a container aside that goes on to its layer's end, to be unpacked later.
    ///
    /// - Parameters:
    ///   - form: nil for a PDF.
    ///   - extent: of the layer, in its file.
    ///   - offset: where the container begins, in the layer's file; where the layer does unless told otherwise.
    ///   - wanted: sizes of the members that are to be unpacked; nil where all are.
    ///   - tail: bytes behind the container's end that are to be inspected as well.
    private func putAside(
        _ form: ContainerForm?, of layer: Layer, _ extent: (offset: Int64, size: Int64), from offset: Int64? = nil,
        wanted: Set<Int64>? = nil, tail: Int64 = 0, streams: [PDFStream] = []
    ) {
        let copy = backlog.count < Self.maximumBacklog ? dup(layer.descriptor) : -1
        guard copy >= 0 else { return note(ScanGap(.missedMember, "in one of more than \(backlog.count) containers")) }
        let start = offset ?? extent.offset
        backlog.append(
            Backlog(
                descriptor: copy, offset: start, size: extent.offset + extent.size - start, form: form,
                level: layer.level, wanted: wanted, tail: tail, streams: streams))
    }

    private func walkPDF(_ layer: Layer, _ pass: Pass) {
        // A part of the file around it: that one is gone through when it ends.
        guard let extent = layer.extent else { return stack.noteHiddenPDF() }
        let walk = PDFWalk(layer.descriptor, offset: extent.offset, size: extent.size) {
            pass.allowance.milliseconds > 0
        }
        walk.gaps.forEach { note($0) }
        if !walk.streams.isEmpty { putAside(nil, of: layer, extent, wanted: [], streams: walk.streams) }
    }

    private func note(encryptionOf layer: Layer) {
        guard let extent = layer.extent else { return }
        switch EncryptedPackage.isIn(layer.descriptor, offset: extent.offset, size: extent.size) {
        case true: note(ScanGap(.encrypted, "an office document under a password"))
        case false: break
        case nil: note(ScanGap(.read, "an OLE2 file of \(extent.size) bytes"))
        }
    }

    /// Holds a container against what the engine unpacked from it, and puts what it missed aside for later: no file is
    /// scanned while another one is.
    ///
    /// - Returns: false where there was no more room to put it aside, and the container around it is to be gone through
    ///   again instead, for this whole layer.
    private func reconcile(_ layer: Layer, _ pass: Pass) -> Bool {
        guard spent == nil, let extent = layer.extent, let form = layer.form else { return true }
        let result = MemberCoverage(of: layer, form: form, allowance: pass.allowance)
        for gap in result.gaps { note(gap) }
        if result.isListed, layer.level == 0 { facts.isListed = true }
        guard !result.isWhole else { return true }
        // The engine tells only at its end that it was over the limit, and unpacks all the rest until then.
        let rest = pass.allowance.bytes - bytes
        if let size = result.missed.max(), size > rest {
            note(ScanGap(.tooManyBytes, "a member of \(size) bytes in a \(form.displayName)"))
            spent = .tooManyBytes
            return true
        }
        if backlog.count >= Self.usualBacklog, stack.top?.form?.isOpened == true { return false }
        putAside(form, of: layer, extent, wanted: result.missed, tail: result.tail)
        return true
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
            // The layer is then left out. What was found is not forgotten: it was noted when it was.
            return ScanRecord.current.spent == nil ? CL_CLEAN : CL_BREAK
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
