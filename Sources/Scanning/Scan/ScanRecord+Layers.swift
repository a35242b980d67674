import Glibc
import ScanProtocol
import Unpacking

extension ScanRecord {
    /// Partitioned disks: the engine matches each partition's bytes, and reads hardly any file system.
    private static let diskTypes: Set<String> = ["CL_TYPE_MBR", "CL_TYPE_GPT", "CL_TYPE_APM"]
    private static let maximumUnmatched = 64
    /// From this many pending containers on, an inner container is left to the one around it. Each keeps a file open,
    /// and on disk.
    private static let usualPending = 16
    private static let maximumPending = 120
    /// libclamav silently cuts an inner file at a whole number of these bytes.
    private static let cutUnit: Int64 = 8192

    func enter(_ descriptor: CInt, type: String) {
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

    func leave(_ descriptor: CInt) {
        guard let pass else { return }
        guard let layer = stack.leave(descriptor) else {
            note(ScanGap(.malformed, "the engine left a layer that it had not entered"))
            return
        }
        guard !pass.isRaw else { return }
        if EmbeddedRar.types.contains(layer.type), layer.form?.isSupported != true {
            // Without an extent it is a part of the file around it, which is searched when the engine leaves that one.
            if layer.extent == nil { stack.noteEmbeddedRar() }
            if layer.extent != nil || stack.top?.extent == nil { note(unopened: layer.type) }
        }
        if layer.hasEmbeddedRar || EmbeddedRar.programs.contains(layer.type) { findEmbeddedRar(in: layer) }
        if layer.form == nil { findPayload(of: layer) }
        if layer.type == PDFStreamFinder.type || layer.hasEmbeddedPDF { findPDFStreams(in: layer, pass) }
        if layer.type == EncryptedPackage.type { noteEncryption(of: layer) }
        if layer.extent != nil, layer.form == nil, Self.diskTypes.contains(layer.type) {
            note(ScanGap(.unopened, "a disk image, whose file systems are not supported"))
        }
        let isCovered = checkCoverage(of: layer, pass)
        guard let parent = stack.top else { return }
        if OfficeEncryption.isDeclared(by: layer, in: parent) {
            note(ScanGap(.encrypted, "an encrypted office document"))
        }
        guard layer.type == Self.ignoredType else {
            return stack.noteChild(size: isCovered ? layer.extent?.size : nil)
        }
        // A layer of an ignored type counts as missed. If the container around it is unpacked for missed members, this
        // one is unpacked again and gets passes of its own. Otherwise its file is kept for them.
        stack.noteChild(size: nil)
        guard parent.form?.isSupported != true else { return }
        // A layer without a file of its own is a part of one that was matched.
        let copy = layer.extent != nil && unmatched.count < Self.maximumUnmatched ? dup(descriptor) : -1
        if copy >= 0 {
            unmatched.append(UnmatchedLayer(descriptor: copy, level: layer.level))
        } else {
            noteUnmatched()
        }
    }

    private func findEmbeddedRar(in layer: Layer) {
        guard let extent = layer.extent else { return }
        let found = EmbeddedRar.find(in: layer.descriptor, offset: extent.offset, size: extent.size)
        guard let (offset, form) = found else {
            if layer.hasEmbeddedRar { note(unopened: "CL_TYPE_RARSFX") }
            return
        }
        keep(form, of: layer, extent, from: offset)
    }

    private func findPayload(of layer: Layer) {
        guard let extent = layer.extent,
            let found = ScriptPayload.find(in: layer.descriptor, offset: extent.offset, size: extent.size)
        else { return }
        keep(found.form, of: layer, extent, from: found.offset)
    }

    private func findPDFStreams(in layer: Layer, _ pass: Pass) {
        // Without an extent it is a part of the file around it, which is searched when the engine leaves that one.
        guard let extent = layer.extent else { return stack.noteEmbeddedPDF() }
        let finder = PDFStreamFinder(layer.descriptor, offset: extent.offset, size: extent.size) {
            pass.budget.millisecondsLeft > 0
        }
        finder.gaps.forEach { note($0) }
        if !finder.streams.isEmpty { keep(nil, of: layer, extent, missedSizes: [], streams: finder.streams) }
    }

    private func noteEncryption(of layer: Layer) {
        guard let extent = layer.extent else { return }
        switch EncryptedPackage.isIn(layer.descriptor, offset: extent.offset, size: extent.size) {
        case true: note(ScanGap(.encrypted, "an encrypted office document"))
        case false: break
        case nil: note(ScanGap(.read, "an OLE2 file of \(extent.size) bytes"))
        }
    }

    /// Keeps a container that extends to its layer's end, to be unpacked after the pass.
    ///
    /// - Parameters:
    ///   - form: nil for a PDF.
    ///   - extent: of the layer, in its file.
    ///   - offset: where the container begins in the layer's file, by default at the layer's start.
    ///   - missedSizes: sizes of the members to unpack, or nil for all.
    ///   - trailingBytes: how many bytes after the container's end are to be inspected as well.
    private func keep(
        _ form: ContainerForm?, of layer: Layer, _ extent: (offset: Int64, size: Int64), from offset: Int64? = nil,
        missedSizes: Set<Int64>? = nil, trailingBytes: Int64 = 0, streams: [PDFStream] = []
    ) {
        let copy = pendingContainers.count < Self.maximumPending ? dup(layer.descriptor) : -1
        guard copy >= 0 else {
            return note(ScanGap(.missedMember, "in one of more than \(pendingContainers.count) containers"))
        }
        let start = offset ?? extent.offset
        pendingContainers.append(
            PendingContainer(
                descriptor: copy, offset: start, size: extent.offset + extent.size - start, form: form,
                level: layer.level, missedSizes: missedSizes, trailingBytes: trailingBytes, streams: streams))
    }

    /// Compares a container's members with what the engine unpacked, and keeps the container if the engine missed some:
    /// the engine can't scan another file during a pass.
    ///
    /// - Returns: false if too many containers are pending. The container around this layer is then unpacked again for
    ///   the whole layer.
    private func checkCoverage(of layer: Layer, _ pass: Pass) -> Bool {
        guard exhaustedLimit == nil, let extent = layer.extent, let form = layer.form else { return true }
        let coverage = MemberCoverage(of: layer, form: form, budget: pass.budget)
        for gap in coverage.gaps { note(gap) }
        if coverage.isListed, layer.level == 0 { facts.isListed = true }
        guard !coverage.isComplete else { return true }
        // The engine reports an exceeded limit only at its end, and unpacks all the rest until then.
        let left = pass.budget.bytes - bytes
        if let size = coverage.missedSizes.max(), size > left {
            note(ScanGap(.tooManyBytes, "a member of \(size) bytes in a \(form.displayName)"))
            exhaustedLimit = .tooManyBytes
            return true
        }
        if pendingContainers.count >= Self.usualPending, stack.top?.form?.isSupported == true { return false }
        keep(form, of: layer, extent, missedSizes: coverage.missedSizes, trailingBytes: coverage.trailingBytes)
        return true
    }
}
