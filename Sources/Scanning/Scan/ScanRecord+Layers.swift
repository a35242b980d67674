import Domain
import Glibc
import ScanProtocol
import Unpacking

extension ScanRecord {
    /// Partitioned disks: the engine matches each partition's bytes, and reads hardly any file system.
    private static let diskTypes: Set<String> = ["CL_TYPE_MBR", "CL_TYPE_GPT", "CL_TYPE_APM"]
    private static let maximumUnmatched = 64
    /// How many files are kept open. Further ones are copied.
    private static let maximumKeptOpen = 120
    /// libclamav silently cuts an inner file at a whole number of these bytes.
    private static let cutUnit: Int64 = 8192

    /// Returns false if the engine must not read the layer.
    func enter(_ descriptor: CInt, type: String) -> Bool {
        guard let pass else { return true }
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
        noteEntered(layer)
        let mayParse =
            pass.isRaw
            || (type == Layer.pdfType ? isBounded(pdf: layer, pass) : type != Layer.ole2Type || isBounded(ole2: layer))
        if !mayParse, stack.count == 1 { noteRefused() }
        guard !pass.isRaw, pass.countsItsFile || stack.count > 1 else { return mayParse }
        bytes &+= layer.extent?.size ?? 0
        facts.layers &+= 1
        facts.deepest = max(facts.deepest, UInt32(clamping: layer.level))
        if exhaustedLimit == nil, !pass.budget.allowsNextLayer() {
            note(ScanGap(.outOfTime, "after \(files) files of \(bytes) bytes", path: path))
        }
        if stack.count > 1, let extent = layer.extent, isCut(extent.size) { facts.cutLayers &+= 1 }
        return mayParse
    }

    /// Whether the streams of a PDF decode to so little that the engine may decode them. A small document can hold it
    /// for minutes.
    private func isBounded(pdf layer: Layer, _ pass: Pass) -> Bool {
        // The engine does not say which part of the layer around it a PDF without an extent is. The walk takes it out
        // of there, and it gets a pass of its own if it is a member of an archive.
        guard let extent = layer.extent else { return false }
        let left = pass.budget.pdfOutput - pdfOutput.engine
        let file = FileSlice(descriptor: layer.descriptor, start: extent.offset, size: extent.size)
        do throws(UnpackingError) {
            let output = try PDFWorkload.measure(file, limit: max(0, left)) { pass.budget.millisecondsLeft > 0 }
            notePDF(engine: output)
            guard output > left else { return true }
            note(ScanGap(.tooManyBytes, "the streams of a PDF decode to more than \(pass.budget.pdfOutput) bytes"))
            return false
        } catch {
            // Without the password, the engine decodes nothing, either, and reports that.
            if error.code == .encrypted { return true }
            note(ScanGap(error, in: .pdf))
            return false
        }
    }

    /// Whether the streams of an OLE2 file are of a length that the engine may follow.
    private func isBounded(ole2 layer: Layer) -> Bool {
        guard let extent = layer.extent,
            !OLE2Workload.isBounded(
                FileSlice(descriptor: layer.descriptor, start: extent.offset, size: extent.size))
        else { return true }
        note(ScanGap(.malformed, "the streams of an OLE2 file share their sectors", path: path))
        return false
    }

    private func isCut(_ size: Int64) -> Bool { (sizeLimit - Self.cutUnit + 1...sizeLimit).contains(size) }

    func leave(_ descriptor: CInt) {
        guard let pass else { return }
        guard let layer = stack.leave(descriptor) else {
            note(ScanGap(.malformed, "the engine left a layer that it had not entered"))
            return
        }
        guard !pass.isRaw else { return }
        if let extent = layer.extent, layer.form == nil, Self.diskTypes.contains(layer.type),
            case let disk = FileSlice(descriptor: layer.descriptor, start: extent.offset, size: extent.size),
            !FormFinder.isPartitioned(disk), !FormFinder.isLinuxBootImage(disk)
        {
            note(ScanGap(.unopened, "a disk image, whose file systems are not supported"))
        }
        guard let parent = stack.top else { return }
        keepForWalk(layer, in: parent)
        if OfficeEncryption.isDeclared(by: layer, in: parent) {
            note(ScanGap(.encrypted, "an encrypted office document"))
        }
        if layer.isLeftToWalk { return }
        guard layer.type == Self.ignoredType else { return noteInspected(layer) }
        // If the walk unpacks a layer of an ignored type again, it gets passes of its own. Otherwise its file is kept
        // for them.
        guard !parent.isOpenedByWalk else { return }
        // A layer without a file of its own is a part of one that was matched.
        let copy = layer.extent != nil && unmatched.count < Self.maximumUnmatched ? dup(descriptor) : -1
        if copy >= 0 {
            unmatched.append(UnmatchedLayer(descriptor: copy, level: layer.level))
        } else {
            noteUnmatched()
        }
    }

    /// Records that the engine has inspected a layer as a file of its own.
    private func noteInspected(_ layer: Layer) {
        guard let extent = layer.extent, extent.size >= EngineLimits.shortestFile,
            let digest = try? LayerDigest(
                of: FileSlice(descriptor: layer.descriptor, start: extent.offset, size: extent.size))
        else { return }
        noteInspected(digest, type: layer.type)
        noteAlerts(layer.alerts, of: digest)
    }

    /// Keeps a layer that only the engine produces, if the walk has something to open in it. The walk reaches the parts
    /// of what it opens by itself.
    private func keepForWalk(_ layer: Layer, in parent: Layer) {
        guard let extent = layer.extent, !parent.isOpenedByWalk else { return }
        let bytes = FileSlice(descriptor: layer.descriptor, start: extent.offset, size: extent.size)
        let found = try? LayerSightings.find(in: bytes, mimeType: "", engineType: layer.type)
        if found?.isEmpty != true { keep(layer, extent) }
    }

    /// Keeps a layer's file, or a copy of it, to be opened after the pass. Of equal ones, one is kept.
    private func keep(_ layer: Layer, _ extent: (offset: Int64, size: Int64)) {
        let bytes = FileSlice(descriptor: layer.descriptor, start: extent.offset, size: extent.size)
        do throws(UnpackingError) {
            let digest = try LayerDigest(of: bytes)
            guard !pendingContainers.contains(where: { $0.digest == digest }) else { return }
            let copy = pendingContainers.count < Self.maximumKeptOpen ? dup(layer.descriptor) : -1
            let offset = copy < 0 ? try keptCopies.append(bytes) : extent.offset
            let part = layer.level == pass?.level ? path : path + "/(\(layer.type))"
            pendingContainers.append(
                PendingContainer(
                    descriptor: copy < 0 ? keptCopies.descriptor : copy, ownsDescriptor: copy >= 0, digest: digest,
                    offset: offset, size: extent.size, level: layer.level, path: part, engineType: layer.type))
        } catch {
            note(ScanGap(error, in: layer.type, path: path))
        }
    }
}

extension ScanRecord {
    /// Counts a file that no pass counts.
    func noteFile(size: Int64, level: Int) {
        facts.layers &+= 1
        facts.deepest = max(facts.deepest, UInt32(clamping: level))
        bytes &+= size
    }

    /// Counts a file that is too large for the engine and is inspected in parts.
    func noteParts(_ method: ScanMethod, type: String, size: Int64, level: Int) {
        noteFile(size: size, level: level)
        guard level == 0 else { return }
        facts.method = method
        facts.isRootSeen = true
        facts.rootType = type
    }
}
