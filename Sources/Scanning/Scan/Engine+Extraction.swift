import CClamAV
import CShims
import Domain
import Glibc
import ScanProtocol
import Support
import Unpacking

extension Engine {
    /// Extracts what the engine missed, one member at a time, and scans it. What the engine misses in there is
    /// extracted as well.
    ///
    /// A member is unpacked to an unnamed file in the scratch folder, which is closed after the scan.
    ///
    /// - Parameter kept: the number of pending containers that belong to the caller and are left alone.
    borrowing func extractMissed(_ budget: ScanBudget, beyond kept: Int = 0, type: (CInt, Int64) -> String) {
        let record = ScanRecord.current
        while record.pendingContainers.count > kept, let container = record.takePendingContainer() {
            defer { close(container.descriptor) }
            if let limit = record.exhaustedLimit {
                record.note(ScanGap(limit, "missed members of a \(container.name) were not extracted"))
                continue
            }
            do throws(UnpackingError) {
                try extract(container, budget, type: type)
            } catch {
                record.note(ScanGap(error, in: container.name))
            }
        }
    }

    /// Extracts and scans the missed parts of one container.
    ///
    /// - Parameter type: returns the MIME type of a file of that size.
    borrowing func extract(
        _ container: PendingContainer, _ budget: ScanBudget, type: (CInt, Int64) -> String
    ) throws(UnpackingError) {
        if container.trailingBytes > 0 {
            inspect(part: "the bytes after its end", of: container, budget, type: type) {
                file, limit throws(UnpackingError) in
                let range = container.size - container.trailingBytes..<container.size
                return try copy(range, of: container, into: file, limit: limit)
            }
        }
        extractStreams(of: container, budget, type: type)
        guard container.missedSizes?.isEmpty != true, let form = container.form else { return }
        if form == .warc { return try extractRecords(of: container, budget, type: type) }
        var archive = try Archive(
            descriptor: container.descriptor, offset: container.offset, size: container.size, form: form)
        while let member = try archive.next() {
            guard member.holdsData else { continue }
            if member.isEncrypted {
                if container.missedSizes == nil, container.form != .zip {
                    ScanRecord.current.note(ScanGap(.encrypted, "\(member.name) in a \(container.name)"))
                }
                continue
            }
            if let size = member.size, !container.wants(size) { continue }
            let part = member.name.isEmpty ? "the stream" : member.name
            let canGoOn = inspect(part: part, of: container, budget, type: type) {
                file, limit throws(UnpackingError) in
                let size = try archive.unpack(into: file, limit: limit)
                return container.wants(size) ? size : 0
            }
            guard canGoOn else { return }
        }
        if container.missedSizes == nil, let bytes = archive.trailingBytes, bytes > 0 {
            try extract(container.trailing(bytes: bytes), budget, type: type)
        }
    }

    private borrowing func extractRecords(
        of container: PendingContainer, _ budget: ScanBudget, type: (CInt, Int64) -> String
    ) throws(UnpackingError) {
        var records = WarcRecords(descriptor: container.descriptor, offset: container.offset, size: container.size)
        while let record = try records.next() {
            guard container.wants(Int64(record.payload.count)) else { continue }
            let canGoOn = inspect(part: record.name, of: container, budget, type: type) {
                file, limit throws(UnpackingError) in
                try copy(record.payload, of: container, into: file, limit: limit)
            }
            guard canGoOn else { return }
        }
    }

    /// Unpacks one part of a container to a scratch file, and scans that.
    ///
    /// - Parameter unpack: fills the file with at most that many bytes and returns their number, or 0 if the part is
    ///   not wanted.
    /// - Returns: false if nothing further can be extracted.
    @discardableResult
    borrowing func inspect(
        part: String, of container: PendingContainer, _ budget: ScanBudget, type: (CInt, Int64) -> String,
        _ unpack: (CInt, Int64) throws(UnpackingError) -> Int64
    ) -> Bool {
        let record = ScanRecord.current
        let (kept, level) = (record.pendingContainers.count, container.level + 1)
        let remaining: ScanBudget.Remaining
        do throws(ScanBudget.Exhausted) {
            remaining = try budget.remaining(level: level, files: record.files, bytes: record.bytes)
        } catch {
            record.note(error.gap("\(part) of a \(container.name) was not inspected"))
            return false
        }
        guard let file = scratchFile() else {
            let error = SystemError("no scratch file")
            record.note(ScanGap(error.isDiskFull ? .scratchFull : .resources, error.description))
            return false
        }
        do throws(UnpackingError) {
            let size = try unpack(file.number, min(remaining.bytes, budget.unpackingLimit))
            guard size >= EngineLimits.shortestFile else { return true }
            if size > EngineLimits.ceiling {
                inspectInParts(file.number, size: size, level: level, budget, type: type)
            } else {
                inspect(file.number, size: size, level: level, budget)
            }
            record.noteExtracted()
            // One at a time: no more files are kept open than there are levels.
            extractMissed(budget, beyond: kept, type: type)
        } catch {
            // The other members may be intact. If the container itself is broken, the next one fails as well.
            record.note(ScanGap(error, in: container.name, member: part))
        }
        return true
    }

    /// Copies bytes of a container unchanged.
    private borrowing func copy(
        _ range: Range<Int64>, of container: PendingContainer, into file: CInt, limit: Int64
    ) throws(UnpackingError) -> Int64 {
        let size = Int64(range.count)
        guard size <= limit else { throw UnpackingError(.tooLarge, "\(size) bytes") }
        var block = [UInt8](repeating: 0, count: 1 << 17)
        var copied: Int64 = 0
        while copied < size {
            let wanted = Int(min(Int64(block.count), size - copied))
            let offset = container.offset + range.lowerBound + copied
            let count = unsafe block.withUnsafeMutableBytes {
                unsafe readAt(container.descriptor, offset: offset, into: .init(rebasing: $0[..<wanted]))
            }
            guard count == wanted else { throw UnpackingError(.read, SystemError("read").description) }
            try writeScratch(block[..<wanted], to: file, at: copied)
            copied += Int64(count)
        }
        return copied
    }

    /// An unnamed file in the folder in which the engine unpacks.
    private borrowing func scratchFile() -> Descriptor? {
        var code: CInt = 0
        guard let folder = unsafe cl_engine_get_str(handle, CL_ENGINE_TMPDIR, &code), code == 0 else {
            return nil
        }
        let number = unsafe lz_tmpfile(folder)
        return number < 0 ? nil : Descriptor(owning: number)
    }
}
