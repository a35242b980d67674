import CClamAV
import CShims
import Domain
import Glibc
import ScanProtocol
import Support
import Unpacking

extension Engine {
    /// Walks the layers that passes of the engine left behind and that the walk has not met, the latest first.
    ///
    /// - Parameter kept: the number of pending containers that belong to the caller and are left alone.
    borrowing func extractMissed(_ budget: ScanBudget, beyond kept: Int = 0, type: (CInt, Int64) -> String) {
        let record = ScanRecord.current
        while record.pendingContainers.count > kept, let container = record.takePendingContainer() {
            defer { container.close() }
            if let limit = record.exhaustedLimit {
                record.note(ScanGap(limit, "a \(container.name) was not opened"))
                continue
            }
            if !record.isWalked(container.digest) { walk(container.layer, budget, type: type) }
        }
    }

    /// Unpacks one part of a layer to a scratch file, inspects that unless the engine has seen the same bytes as a file
    /// of their own, and walks it.
    ///
    /// - Parameters:
    ///   - container: the form's name, for people.
    ///   - use: what the container has the part for.
    ///   - unpack: fills the file with at most that many bytes and returns their number.
    /// - Returns: false if nothing further can be extracted.
    @discardableResult
    borrowing func inspect(
        part: String, of layer: WalkedLayer, _ container: String, use: LayerPart.Use = .file, _ budget: ScanBudget,
        type: (CInt, Int64) -> String, _ unpack: (CInt, Int64) throws(UnpackingError) -> Int64
    ) -> Bool {
        let record = ScanRecord.current
        let (kept, level) = (record.pendingContainers.count, layer.level + 1)
        let path = layer.path(of: part)
        let remaining: ScanBudget.Remaining
        do throws(ScanBudget.Exhausted) {
            if let limit = record.exhaustedLimit { throw ScanBudget.Exhausted(kind: limit) }
            remaining = try budget.remaining(level: level, files: record.walkedFiles, bytes: record.walkedBytes)
        } catch {
            record.note(error.gap("\(path) in a \(container) was not inspected"))
            return false
        }
        let file = record.scratchFiles.take(in: scratchFolder)
        guard file >= 0 else {
            let error = SystemError("no scratch file")
            record.note(ScanGap(error.isDiskFull ? .scratchFull : .resources, error.description))
            return false
        }
        // No pass and no container that is kept refers to it any more.
        defer { record.scratchFiles.giveBack(file) }
        do throws(UnpackingError) {
            let limit = min(remaining.bytes, budget.unpackingLimit)
            let size: Int64
            do throws(UnpackingError) {
                size = try unpack(file, limit)
            } catch {
                guard record.passesOver(ScanGap.Kind(error.code)), let decoded = fileLength(of: file) else {
                    throw error
                }
                record.notePassedOver()
                size = decoded
            }
            record.noteWalked(bytes: size)
            guard size >= EngineLimits.shortestFile else { return true }
            try inspect(
                unpacked: file, size: size, level: level, path: path, use: use, budget, type: type)
            // One at a time: no more files are kept open than there are levels.
            extractMissed(budget, beyond: kept, type: type)
        } catch {
            // The other members may be intact. If the container itself is broken, the next one fails as well.
            record.note(ScanGap(error, in: container, path: path))
        }
        return true
    }

    private borrowing func inspect(
        unpacked file: CInt, size: Int64, level: Int, path: String, use: LayerPart.Use, _ budget: ScanBudget,
        type: (CInt, Int64) -> String
    ) throws(UnpackingError) {
        let record = ScanRecord.current
        let isGuess = record.isGuess
        let bytes = FileSlice(descriptor: file, start: 0, size: size)
        let digest = try LayerDigest(of: bytes)
        if record.engineType(of: digest) == nil {
            let remaining: ScanBudget.Remaining
            do throws(ScanBudget.Exhausted) {
                remaining = try budget.remaining(level: level, files: record.files, bytes: record.bytes)
            } catch {
                return record.note(error.gap("\(path) was not inspected"))
            }
            guard size <= remaining.bytes else {
                return record.note(ScanGap(.tooManyBytes, "\(path), \(size) bytes"))
            }
            record.noteExtracted()
            if size > EngineLimits.ceiling {
                return inspectInParts(file, size: size, level: level, path: path, budget, type: type)
            }
            record.path = path
            let damage = record.damagePassedOver
            let engineType =
                isMatchedOnly(bytes, use)
                ? match(file, size: size, level: level, budget) : inspect(file, size: size, level: level, budget)
            if record.damagePassedOver == damage { record.noteInspected(digest, type: engineType ?? "") }
        }
        record.notePath(path, of: digest)
        // What is unpacked from a guess is none, whether the engine had a pass over it or not.
        record.isGuess = false
        record.walkOnce(digest, isGuess: isGuess) {
            // libmagic takes longer for a text than all the rest, and a page's operators are no form of its own.
            let isText = startsAsText(bytes)
            let isKnown = use == .working && isText
            let isShort = isText && size < ShortText.length && !ShortText.hasMark(bytes)
            let layer = WalkedLayer(
                bytes: bytes, level: level, path: path, engineType: record.engineType(of: digest) ?? "",
                mimeType: isKnown ? "" : isShort ? ShortText.mimeType : type(file, size), isGuess: isGuess)
            walk(layer, budget, type: type)
        }
        if record.walkedFiles > budget.files {
            record.note(ScanGap(.tooManyFiles, "\(record.walkedFiles) files down to \(path)", path: path))
        } else if record.walkedBytes > budget.bytes {
            record.note(ScanGap(.tooManyBytes, "\(record.walkedBytes) bytes down to \(path)", path: path))
        }
    }

    /// Whether a part is matched without the engine's parsers: a picture, which could be called broken, and no reader
    /// of the document minds; and a quoted stream, of which the engine warns that it has no end. It is decoded here.
    private borrowing func isMatchedOnly(_ bytes: FileSlice, _ use: LayerPart.Use) -> Bool {
        switch use {
        case .picture: return true
        case .quote:
            let form = ContainerForm(descriptor: bytes.descriptor, offset: bytes.start)
            return form.map(StreamOpener.forms.contains) == true
        case .file, .working: return false
        }
    }

    /// Whether the first bytes are ASCII text.
    private borrowing func startsAsText(_ bytes: FileSlice) -> Bool {
        guard let head = try? bytes.bytes(at: 0, count: 1024) else { return false }
        return head.allSatisfy { (0x20..<0x7F).contains($0) || (9...13).contains($0) }
    }

    /// The folder in which the engine unpacks. Empty if it has none.
    var scratchFolder: String {
        var code: CInt = 0
        let folder = unsafe cl_engine_get_str(handle, CL_ENGINE_TMPDIR, &code)
        return code == 0 ? unsafe folder.map { unsafe String(cString: $0) } ?? "" : ""
    }
}
