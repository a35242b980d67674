import Domain
import ScanProtocol
import Unpacking

extension Engine {
    /// Inspects a file beyond the engine's ceiling.
    ///
    /// - Parameter type: returns the MIME type of a file of that size.
    borrowing func inspectInParts(
        _ descriptor: CInt, size: Int64, level: Int, path: String, _ budget: ScanBudget,
        type: (CInt, Int64) -> String
    ) {
        let record = ScanRecord.current
        do throws(ScanBudget.Exhausted) {
            let remaining = try budget.remaining(level: level, files: record.files, bytes: record.bytes)
            guard size <= remaining.bytes else { throw ScanBudget.Exhausted(kind: .tooManyBytes) }
        } catch {
            return record.note(error.gap("\(size) bytes at level \(level)"))
        }
        let mimeType = type(descriptor, size)
        let form = ContainerForm(descriptor: descriptor)
        switch StreamPlan(form: form, type: mimeType) {
        case .members:
            record.noteParts(.members, type: mimeType, size: size, level: level)
            let layer = WalkedLayer(
                bytes: FileSlice(descriptor: descriptor, start: 0, size: size), level: level, path: path,
                engineType: "", mimeType: mimeType)
            inspectMembers(of: layer, budget, type: type)
        case .windows:
            record.noteParts(.windows, type: mimeType, size: size, level: level)
            inspectWindows(descriptor, size: size, level: level, budget)
            // What ordinary software opens in it must be opened whole, wherever it begins.
            let layer = WalkedLayer(
                bytes: FileSlice(descriptor: descriptor, start: 0, size: size), level: level, path: path,
                engineType: "", mimeType: mimeType)
            walk(layer, budget, type: type)
        case .none:
            let name = form?.displayName ?? (mimeType.isEmpty ? "an unknown type" : mimeType)
            record.note(ScanGap(.notStreamable, "\(name) of \(size) bytes is not inspected in parts"))
        }
    }

    private borrowing func inspectMembers(
        of layer: WalkedLayer, _ budget: ScanBudget, type: (CInt, Int64) -> String
    ) {
        let record = ScanRecord.current
        let gapsBefore = record.gapCount
        walk(layer, budget, type: type)
        // Without a new gap, the container was read to its true end and all members were extracted.
        if layer.level == 0, record.gapCount == gapsBefore { record.noteRead(bytes: layer.bytes.size) }
    }

    private borrowing func inspectWindows(_ descriptor: CInt, size: Int64, level: Int, _ budget: ScanBudget) {
        let record = ScanRecord.current
        var end: Int64 = 0
        for range in ScanWindows(size: size).ranges {
            let mapping = FileMapping(descriptor, range)
            // The file was counted as a whole, so that overlapping bytes are not counted twice.
            let counted = (files: max(0, record.files - 1), bytes: max(0, record.bytes - size))
            let pass = Pass(kind: .window, descriptor: descriptor, range: range, level: level, budget: budget)
            let type = run(pass, mapping, after: counted)
            if type == ScanRecord.ignoredType {
                let raw = Pass(
                    kind: .rawWindow, descriptor: descriptor, range: range, level: level, budget: budget)
                _ = run(raw, mapping, after: counted)
            }
            guard type != nil else {
                return record.note(
                    ScanGap(.skippedPass, "the engine does not scan the bytes from \(range.lowerBound) on"))
            }
            if level == 0 { record.noteRead(bytes: mapping.bytesRead(from: end - range.lowerBound)) }
            end = range.upperBound
        }
    }
}
