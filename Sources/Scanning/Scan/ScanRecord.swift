import CClamAV
import Domain
import Glibc
import ScanProtocol
import Unpacking

/// The record of what libclamav reports through its callbacks. The process has one thread and scans one file at a time,
/// and the callback for log messages carries no context, so there is one record.
final class ScanRecord: @unchecked Sendable {
    static let current = ScanRecord()

    var facts = ScanFacts()
    private(set) var lastWarning = ""
    /// The limit of the whole object that was hit. Nothing after it changes the result.
    var exhaustedLimit: ScanGap.Kind?
    /// Bytes of the object and of all files that were unpacked from it.
    var bytes: Int64 = 0
    /// Bytes of the object that the engine reports to have matched.
    private(set) var bytesMatched: Int64 = 0
    /// Bytes that were read of an object beyond the engine's ceiling.
    private(set) var bytesRead: Int64 = 0
    var files: Int64 { Int64(facts.layers) }
    /// The pass that runs.
    var pass: Pass?
    var stack = LayerStack()
    /// The engine's name for the type of the pass's file.
    var rootType: String?
    /// The largest size that a layer may have.
    var sizeLimit: Int64 = 0
    /// Copies of the descriptors of inner layers that need passes of their own.
    var unmatched: [UnmatchedLayer] = []
    /// Bytes that the streams of PDFs decode to: of those that the engine was let into, and of those that were walked.
    private(set) var pdfOutput: (engine: Int64, walked: Int64) = (0, 0)
    /// Whether the engine was kept out of the pass's file.
    private var isRefused = false
    /// Layers to be opened after the pass, the latest last.
    var pendingContainers: [PendingContainer] = []
    /// Copies of pending containers.
    var keptCopies = KeptCopies(folder: "")
    /// Files for parts.
    var scratchFiles = ScratchFiles()
    /// How many letters the file that is inspected stands in.
    var lettersAround = 0
    /// The deepest layers of the pass: what the engine did not enter stands in one of them.
    private(set) var deepest = DeepestLayers()
    /// The programs that the engine met in the pass.
    private var programs = ProgramLayers()
    /// Alerts that keep nothing from being clean.
    private var leftOutAlerts: Set<String> = []
    /// Whether the part that is inspected next is a guess (`LayerPart`).
    var isGuess = false
    /// Whether the walk is in what a reader gets that stops behind the first of several streams. What that stream's end
    /// cuts off is whole in another part.
    var isInCutView = false
    /// If the walk is in the first bytes of a file that a text quotes (`LayerPart.Use.quote`): the level of those.
    var quoteLevel: Int?
    private var isInQuote: Bool { quoteLevel != nil }
    /// How many signs of damage were passed over there.
    private(set) var damagePassedOver = 0
    /// The path of the file that the engine scans.
    var path = ""
    /// What the walk has unpacked. The engine's own count is apart: both keep to the same limits.
    private(set) var walkedFiles: Int64 = 0
    private(set) var walkedBytes: Int64 = 0
    /// Bytes that parts share with other parts of the same container, beyond `ScanBudget.storedRatio`.
    private(set) var sharedBytes: Int64 = 0
    /// The layers that the engine has inspected as files of their own, with its names for their types.
    private var inspected: [LayerDigest: String] = [:]
    /// The alerts that were raised in a layer whose path is not known yet.
    private var alertsByLayer: [LayerDigest: [String]] = [:]
    /// The layers that the walk has gone into, and what was unpacked from each.
    private var walked: [Walk: WalkCost] = [:]

    func noteEntered(_ layer: Layer) {
        deepest.add(layer, depth: stack.count)
        programs.add(layer)
    }

    /// A layer of a type that the engine does not match.
    struct UnmatchedLayer {
        let descriptor: CInt
        let level: Int
    }

    /// The engine's alerts for limits of the whole object, and not of one file in it.
    private static let objectLimitAlerts: [String: ScanGap.Kind] = [
        "Heuristics.Limits.Exceeded.MaxScanSize": .tooManyBytes,
        "Heuristics.Limits.Exceeded.MaxFiles": .tooManyFiles,
        "Heuristics.Limits.Exceeded.MaxScanTime": .outOfTime,
    ]
    /// The type of files that the engine does not match.
    static let ignoredType = "CL_TYPE_IGNORED"

    /// - Parameter scratch: the folder for copies of layers.
    func begin(size: Int64, sizeLimit: Int64, scratch: String) {
        keptCopies = KeptCopies(folder: scratch)
        facts = ScanFacts()
        facts.sizeBefore = size
        lastWarning = ""
        exhaustedLimit = nil
        (bytes, bytesMatched, bytesRead) = (0, 0, 0)
        (walkedFiles, walkedBytes, sharedBytes, path) = (0, 0, 0, "")
        (lettersAround, isGuess, leftOutAlerts) = (0, false, [])
        (isInCutView, quoteLevel, damagePassedOver) = (false, nil, 0)
        (pdfOutput, isRefused) = ((0, 0), false)
        inspected = [:]
        alertsByLayer = [:]
        walked = [:]
        self.sizeLimit = sizeLimit
    }

    func end(_ finish: (inout ScanFacts) -> Void) -> ScanFacts {
        for layer in takeUnmatched() { close(layer.descriptor) }
        while let container = takePendingContainer() { container.close() }
        keptCopies.close()
        scratchFiles.close()
        finish(&facts)
        return facts
    }

    /// Runs one pass of the engine. Its layers count as layers of the pass's file.
    ///
    /// - Returns: the engine's name for the type of the pass's file, or nil if the engine did not scan it.
    func during(_ pass: Pass, _ body: () -> Void) -> String? {
        self.pass = pass
        rootType = nil
        (deepest, programs) = (DeepestLayers(), ProgramLayers())
        body()
        checkScratch()
        if !stack.isEmpty {
            // Layers that were never left were not checked.
            note(ScanGap(.malformed, "the engine did not leave \(stack.count) layers"))
            stack.removeAll()
        }
        self.pass = nil
        return rootType
    }

    /// Removes and returns the layers of unmatched types. The caller closes their descriptors.
    func takeUnmatched() -> [UnmatchedLayer] {
        defer { unmatched = [] }
        return unmatched
    }

    /// Removes and returns the latest pending container. The caller closes its descriptor.
    func takePendingContainer() -> PendingContainer? { pendingContainers.popLast() }

    /// Whether the engine is to go into the layer that it has just entered.
    var wantsTopLayer: Bool { exhaustedLimit == nil && stack.top?.isLeftToWalk != true }

    var gapCount: Int { facts.gaps.count + Int(facts.gapsLeftOut) }

    /// Returns whether the part is a guess. What is unpacked from it is none.
    func takeGuess() -> Bool {
        defer { isGuess = false }
        return isGuess
    }

    func notePDF(engine: Int64 = 0, walked: Int64 = 0) {
        pdfOutput.engine &+= engine
        pdfOutput.walked &+= walked
    }

    /// Records that the engine is kept out of the pass's file.
    func noteRefused() { isRefused = true }

    /// Returns whether the engine was kept out of the last pass's file, and forgets it.
    func takeRefused() -> Bool {
        defer { isRefused = false }
        return isRefused
    }

    func noteRead(bytes: Int64) { bytesRead &+= bytes }

    func noteWalked(bytes: Int64) {
        walkedFiles &+= 1
        walkedBytes &+= bytes
    }

    func noteShared(bytes: Int64) { sharedBytes &+= bytes }

    func noteInspected(_ digest: LayerDigest, type: String) { inspected[digest] = type }

    /// The engine's name for the type of a layer that it has inspected as a file of its own, or nil.
    func engineType(of digest: LayerDigest) -> String? { inspected[digest] }

    /// What the walk has unpacked from a layer.
    struct WalkCost {
        var files: Int64 = 0
        var bytes: Int64 = 0
    }

    private struct Walk: Hashable {
        let digest: LayerDigest
        let isGuess: Bool
    }

    func isWalked(_ digest: LayerDigest) -> Bool {
        [false, true].contains { walked[Walk(digest: digest, isGuess: $0)] != nil }
    }

    /// Walks a layer unless the same bytes were walked before. Then, what was unpacked from them counts again.
    ///
    /// - Parameter isGuess: whether nothing declares the layer. Less of it is reported, so that it says nothing of the
    ///   same bytes where something does.
    func walkOnce(_ digest: LayerDigest, isGuess: Bool, _ walk: () -> Void) {
        let key = Walk(digest: digest, isGuess: isGuess)
        if let cost = walked[key] ?? walked[Walk(digest: digest, isGuess: false)] {
            walkedFiles &+= cost.files
            walkedBytes &+= cost.bytes
            return
        }
        walked[key] = WalkCost()
        let (files, bytes, damage) = (walkedFiles, walkedBytes, damagePassedOver)
        walk()
        // The same bytes as a whole file are reported.
        guard damage == damagePassedOver else { return walked[key] = nil }
        walked[key] = WalkCost(files: walkedFiles &- files, bytes: walkedBytes &- bytes)
    }

    /// Counts a layer of a form.
    func noteForm(_ form: String, opener: CoverageRow.Opener) {
        if let index = facts.forms.firstIndex(where: { $0.form == form && $0.opener == opener }) {
            facts.forms[index].layers &+= 1
        } else if facts.forms.count < ScanFacts.maximumForms {
            facts.forms.append(FormCount(form: form, opener: opener, layers: 1))
        }
    }

    /// Records the alerts of a layer that the engine leaves.
    func noteAlerts(_ alerts: [String], of digest: LayerDigest) {
        if !alerts.isEmpty { alertsByLayer[digest] = alerts }
    }

    /// Records the path of a layer that the engine inspected within another one.
    func notePath(_ path: String, of digest: LayerDigest) {
        for alert in alertsByLayer.removeValue(forKey: digest) ?? [] {
            if let index = facts.alerts.firstIndex(of: alert) { facts.alertPaths[index] = path }
        }
    }

    func noteExtracted() { facts.extracted &+= 1 }

    func noteMatched(bytes: Int64) { bytesMatched &+= bytes }

    func noteUnmatched() { facts.unmatchedLayers &+= 1 }

    /// Keeps the first code that is neither clean nor a match; without one, a match.
    func note(_ code: cl_error_t, alert: String? = nil) {
        if let alert, leftOutAlerts.contains(alert) {
            // The engine has named no other alert.
            if facts.alerts.isEmpty { return }
        } else if let alert {
            note(alert: alert)
        }
        if let gap = ScratchSpace.gap(for: code) { note(gap) }
        let code = Int32(code.rawValue)
        switch facts.code {
        case 0: facts.code = code
        case 1 where code != 0: facts.code = code
        default: break
        }
    }

    func notePassedOver() { damagePassedOver += 1 }

    /// Whether a sign of damage says only that the file ends too early, where every reader gets it so.
    func passesOver(_ kind: ScanGap.Kind) -> Bool {
        kind == .truncated && isInQuote || isInCutView && (kind == .truncated || kind == .malformed)
    }

    func note(_ gap: ScanGap) {
        if passesOver(gap.kind) { return notePassedOver() }
        if gap.kind == .tooManyFiles || gap.kind == .outOfTime { exhaustedLimit = gap.kind }
        guard !facts.gaps.contains(gap) else { return }
        if gap.kind == .scratchFull { return note(first: gap) }
        if facts.gaps.count < ScanFacts.maximumGaps {
            facts.gaps.append(gap)
        } else {
            facts.gapsLeftOut &+= 1
        }
    }

    /// A full disk can cause many other gaps. None of them may keep this one from the worker.
    private func note(first gap: ScanGap) {
        guard !isScratchFull else { return }
        if facts.gaps.count == ScanFacts.maximumGaps {
            facts.gaps.removeLast()
            facts.gapsLeftOut &+= 1
        }
        facts.gaps.insert(gap, at: 0)
    }

    /// The engine seldom reports why it could not write, and sometimes not even that it could not.
    private func checkScratch() {
        guard !isScratchFull, ScratchSpace.isFull else { return }
        note(ScanGap(.scratchFull, "the disk under scratch is full"))
    }

    private var isScratchFull: Bool { facts.gaps.first?.kind == .scratchFull }

    func note(alert: String) {
        if isInCutView || isInQuote, alert.hasPrefix("Heuristics.Broken.") {
            notePassedOver()
            leftOutAlerts.insert(alert)
            return
        }
        // The engine raises it at the pass's end, and does not say for which layer.
        if isOfMailReader(alert) || alert == "Heuristics.Broken.Executable" && programs.areCores {
            leftOutAlerts.insert(alert)
            return
        }
        if let limit = Self.objectLimitAlerts[alert] { exhaustedLimit = limit }
        stack.noteAlert(alert)
        guard !facts.alerts.contains(alert) else { return }
        if facts.alerts.count < ScanFacts.maximumAlerts {
            facts.alerts.append(alert)
            facts.alertPaths.append(path)
        } else {
            facts.alertsLeftOut &+= 1
        }
    }

    /// What the engine's readers of pictures write before each warning. They open nothing: a picture that they find
    /// fault with was matched whole, and gives an alert of its own.
    private static let pictureReaders = ["JPEG: ", "PNG: ", "GIF: ", "TIFF: ", "cli_parsetiff: "]
    /// What the engine's reader of TNEF writes. A reader here opens each, and reports what it could not account for.
    private static let readersReplacedHere = ["TNEF ", "cli_tnef"]
    /// Whether an alert says only that the engine's reader of mail gave up. Letters are accounted for by a reader here,
    /// with limits of its own, whatever the engine makes of them: it takes each line that looks like a field for a
    /// letter in a letter.
    private func isOfMailReader(_ alert: String) -> Bool {
        alert.hasPrefix("Heuristics.Limits.Exceeded.Email")
            || alert == "Heuristics.Limits.Exceeded.MaxRecursion" && deepest.areLetters
    }

    func note(warning: String) {
        guard !(Self.pictureReaders + Self.readersReplacedHere).contains(where: warning.hasPrefix) else { return }
        lastWarning = warning
        // The file that did not fit still exists at this moment.
        if let gap = ScratchSpace.gap(for: warning) { note(gap) } else { checkScratch() }
        facts.warningCount &+= 1
        if facts.warnings.count < ScanFacts.maximumWarnings { facts.warnings.append(warning) }
    }

    func note(unopened type: String) {
        guard !facts.unopened.contains(type), facts.unopened.count < ScanFacts.maximumUnopened else { return }
        facts.unopened.append(type)
    }
}
