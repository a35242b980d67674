import CClamAV
import CShims
import Domain
import Glibc
import ScanProtocol
import Support
import Unpacking

/// A container with members that the engine missed. Its file is kept open, though the engine has deleted it.
struct Backlog {
    let descriptor: CInt
    let offset: Int64
    let size: Int64
    /// nil for a PDF.
    let form: ContainerForm?
    /// The container's own level.
    let level: Int
    /// Sizes of the members that are to be unpacked; nil where all are.
    let wanted: Set<Int64>?
    /// Bytes behind the container's end that are to be inspected as well.
    let tail: Int64
    /// Streams of a PDF that are to be undone.
    var streams: [PDFStream] = []

    var name: String { form?.displayName ?? "PDF" }

    func wants(_ size: Int64) -> Bool { wanted?.contains(size) ?? true }

    /// The same container, for the bytes behind its end alone.
    func tail(of size: Int64) -> Backlog {
        Backlog(
            descriptor: descriptor, offset: offset, size: self.size, form: form, level: level, wanted: [], tail: size)
    }
}

extension Engine {
    /// Unpacks what the engine missed, a member at a time, and has the engine go over it; what it misses in there, too.
    ///
    /// A member stands in a file without a name in the scratch folder, which is gone once the member was inspected.
    ///
    /// - Parameter kept: containers that were put aside before, and are somebody else's.
    borrowing func recover(_ allowance: ScanBudget, beyond kept: Int = 0, type: (CInt, Int64) -> String) {
        let record = ScanRecord.current
        while record.backlogCount > kept, let backlog = record.takeBacklog() {
            defer { close(backlog.descriptor) }
            if let limit = record.spent {
                record.note(ScanGap(limit, "what the engine missed in a \(backlog.name) was left"))
                continue
            }
            do throws(UnpackingError) {
                try recover(backlog, allowance, type: type)
            } catch {
                record.note(ScanGap(error, in: backlog.name))
            }
        }
    }

    /// - Parameter type: finds the MIME type of a file of so many bytes.
    borrowing func recover(
        _ backlog: Backlog, _ allowance: ScanBudget, type: (CInt, Int64) -> String
    ) throws(UnpackingError) {
        if backlog.tail > 0 {
            inspect(part: "the bytes behind its end", of: backlog, allowance, type: type) {
                file, limit throws(UnpackingError) in
                try copy(backlog.size - backlog.tail..<backlog.size, of: backlog, into: file, limit: limit)
            }
        }
        recoverStreams(of: backlog, allowance, type: type)
        guard backlog.wanted?.isEmpty != true, let form = backlog.form else { return }
        if form == .warc { return try recoverRecords(of: backlog, allowance, type: type) }
        var archive = try Archive(
            descriptor: backlog.descriptor, offset: backlog.offset, size: backlog.size, form: form)
        while let member = try archive.next() {
            guard member.holdsData else { continue }
            if member.isEncrypted {
                if backlog.wanted == nil, backlog.form != .zip {
                    ScanRecord.current.note(ScanGap(.encrypted, "\(member.name) in a \(backlog.name)"))
                }
                continue
            }
            if let size = member.size, !backlog.wants(size) { continue }
            let part = member.name.isEmpty ? "the stream" : member.name
            let goesOn = inspect(part: part, of: backlog, allowance, type: type) {
                file, limit throws(UnpackingError) in
                let size = try archive.unpack(into: file, limit: limit)
                return backlog.wants(size) ? size : 0
            }
            guard goesOn else { return }
        }
        if backlog.wanted == nil, let tail = archive.trailingBytes, tail > 0 {
            try recover(backlog.tail(of: tail), allowance, type: type)
        }
    }

    private borrowing func recoverRecords(
        of backlog: Backlog, _ allowance: ScanBudget, type: (CInt, Int64) -> String
    ) throws(UnpackingError) {
        var records = WarcRecords(descriptor: backlog.descriptor, offset: backlog.offset, size: backlog.size)
        while let record = try records.next() {
            guard backlog.wants(Int64(record.payload.count)) else { continue }
            let goesOn = inspect(part: record.name, of: backlog, allowance, type: type) {
                file, limit throws(UnpackingError) in
                try copy(record.payload, of: backlog, into: file, limit: limit)
            }
            guard goesOn else { return }
        }
    }

    /// Has one part of a container unpacked into a scratch file, and goes over that.
    ///
    /// - Parameter unpack: fills the file with at most so many bytes; the number of them, 0 where the part is not wanted.
    /// - Returns: false where nothing further can be unpacked.
    @discardableResult
    borrowing func inspect(
        part: String, of backlog: Backlog, _ allowance: ScanBudget, type: (CInt, Int64) -> String,
        _ unpack: (CInt, Int64) throws(UnpackingError) -> Int64
    ) -> Bool {
        let record = ScanRecord.current
        let (kept, level) = (record.backlogCount, backlog.level + 1)
        let rest: ScanBudget.Rest
        do throws(ScanBudget.Spent) {
            rest = try allowance.rest(level: level, files: record.files, bytes: record.bytes)
        } catch {
            record.note(error.gap("\(part) of a \(backlog.name) was not inspected"))
            return false
        }
        guard let file = scratchFile() else {
            let error = SystemError("no scratch file")
            record.note(ScanGap(error.isDiskFull ? .scratchFull : .resources, error.description))
            return false
        }
        do throws(UnpackingError) {
            let size = try unpack(file.number, min(rest.bytes, allowance.unpackingLimit))
            guard size >= EngineLimits.shortestFile else { return true }
            if size > EngineLimits.ceiling {
                inspectInParts(file.number, size: size, level: level, allowance, type: type)
            } else {
                inspect(file.number, size: size, level: level, allowance)
            }
            record.noteExtracted()
            // One at a time, so that no more files are kept than there are levels.
            recover(allowance, beyond: kept, type: type)
        } catch {
            // The other members may be whole; where the container itself is broken, the next one says so.
            record.note(ScanGap(error, in: backlog.name, member: part))
        }
        return true
    }

    /// Copies bytes of a container as they stand.
    private borrowing func copy(
        _ range: Range<Int64>, of backlog: Backlog, into file: CInt, limit: Int64
    ) throws(UnpackingError) -> Int64 {
        let size = Int64(range.count)
        guard size <= limit else { throw UnpackingError(.tooLarge, "\(size) bytes") }
        var block = [UInt8](repeating: 0, count: 1 << 17)
        var copied: Int64 = 0
        while copied < size {
            let wanted = Int(min(Int64(block.count), size - copied))
            let place = backlog.offset + range.lowerBound + copied
            let count = unsafe block.withUnsafeMutableBytes {
                unsafe readAt(backlog.descriptor, offset: place, into: .init(rebasing: $0[..<wanted]))
            }
            guard count == wanted else { throw UnpackingError(.read, SystemError("read").description) }
            try writeScratch(block[..<wanted], to: file, at: copied)
            copied += Int64(count)
        }
        return copied
    }

    /// A file without a name in the folder in which the engine unpacks.
    private borrowing func scratchFile() -> Descriptor? {
        var code: CInt = 0
        guard let folder = unsafe cl_engine_get_str(handle, CL_ENGINE_TMPDIR, &code), code == 0 else {
            return nil
        }
        let number = unsafe lz_tmpfile(folder)
        return number < 0 ? nil : Descriptor(owning: number)
    }
}
