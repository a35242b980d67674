import Domain
import Glibc
import ScanProtocol
import Unpacking

/// How an object is inspected that is larger than any file the engine takes.
enum StreamPlan: Equatable {
    /// Its members are, each as an object of its own.
    case members(ContainerForm)
    /// Its bytes are matched in windows that overlap.
    case windows
    /// It cannot be inspected in parts.
    case none

    /// - Parameters:
    ///   - form: as the object's first bytes tell.
    ///   - type: the object's MIME type.
    init(form: ContainerForm?, type: String) {
        if let form {
            self = form.isSupported && !Self.wholeForms.contains(form) ? .members(form) : .none
        } else {
            self = Self.isPlain(type) ? .windows : .none
        }
    }

    /// Opened, and yet more than its members: an ISO image has boot sectors, and may have another file system beside.
    private static let wholeForms: Set<ContainerForm> = [.iso]

    /// Whether a type's inspection is no more than matching of bytes, so that parts of it can be matched one by one. In the
    /// types that are left out, the engine goes by what stands elsewhere in the file (PDF, executables, office documents,
    /// images), or brings the whole into another form before it matches (pages, mail, XML documents, RTF).
    static func isPlain(_ type: String) -> Bool {
        if wholeTexts.contains(type) { return false }
        return plainTypes.contains(type) || plainKinds.contains { type.utf8.starts(with: $0.utf8) }
    }

    private static let plainKinds = ["text/", "audio/", "video/"]
    private static let wholeTexts: Set<String> = [
        "text/html", "text/xml", "text/rtf", "text/calendar", "text/vcard", "text/PGP",
    ]
    /// Data without structure, lists of records, and what measures and programs log.
    private static let plainTypes: Set<String> = [
        "application/octet-stream", "application/json", "application/x-ndjson", "application/csv",
        "application/vnd.tcpdump.pcap", "application/x-matroska", "application/ogg", "application/mp4",
        "application/vnd.sqlite3", "application/x-sqlite3", "application/x-hdf5", "application/x-hdf",
        "application/fits",
        "application/x-wine-extension-ini", "application/pgp-encrypted",
    ]
}

extension Engine {
    /// Inspects a file that is larger than the engine takes.
    ///
    /// - Parameter type: finds the MIME type of a file of so many bytes.
    borrowing func inspectInParts(
        _ descriptor: CInt, size: Int64, level: Int, _ allowance: ScanBudget, type: (CInt, Int64) -> String
    ) {
        let record = ScanRecord.current
        do throws(ScanBudget.Spent) {
            let rest = try allowance.rest(level: level, files: record.files, bytes: record.bytes)
            guard size <= rest.bytes else { throw ScanBudget.Spent(kind: .tooManyBytes) }
        } catch {
            return record.note(error.gap("\(size) bytes at level \(level)"))
        }
        let name = type(descriptor, size)
        let form = ContainerForm(descriptor: descriptor)
        switch StreamPlan(form: form, type: name) {
        case .members(let form):
            record.noteParts(.members, type: name, size: size, level: level)
            inspectMembers(descriptor, size: size, form, level: level, allowance, type: type)
        case .windows:
            record.noteParts(.windows, type: name, size: size, level: level)
            inspectWindows(descriptor, size: size, level: level, allowance)
        case .none:
            let what = form?.displayName ?? (name.isEmpty ? "an unknown type" : name)
            record.note(ScanGap(.notStreamable, "\(what) of \(size) bytes is not inspected in parts"))
        }
    }

    private borrowing func inspectMembers(
        _ descriptor: CInt, size: Int64, _ form: ContainerForm, level: Int, _ allowance: ScanBudget,
        type: (CInt, Int64) -> String
    ) {
        let record = ScanRecord.current
        let gapsBefore = record.gapCount
        do throws(UnpackingError) {
            if form == .zip {
                let structure = try ZipStructure(descriptor: descriptor, size: size)
                structure.problems.compactMap(ScanGap.init).forEach { record.note($0) }
            }
            let backlog = Backlog(
                descriptor: descriptor, offset: 0, size: size, form: form, level: level, wanted: nil, tail: 0)
            try recover(backlog, allowance, type: type)
        } catch {
            record.note(ScanGap(error, in: form))
        }
        // The container was gone through to its true end, and all that it holds came out of it.
        if level == 0, record.gapCount == gapsBefore { record.noteRead(bytes: size) }
    }

    private borrowing func inspectWindows(_ descriptor: CInt, size: Int64, level: Int, _ allowance: ScanBudget) {
        let record = ScanRecord.current
        var end: Int64 = 0
        for range in Windows(size: size).ranges {
            let mapping = Mapping(descriptor, range)
            // The whole was counted before: where windows overlap, bytes are not counted twice.
            let counted = (files: max(0, record.files - 1), bytes: max(0, record.bytes - size))
            let pass = Pass(kind: .window, descriptor: descriptor, range: range, level: level, allowance: allowance)
            let type = run(pass, mapping, after: counted)
            if type == ScanRecord.ignoredType {
                let raw = Pass(
                    kind: .rawWindow, descriptor: descriptor, range: range, level: level, allowance: allowance)
                _ = run(raw, mapping, after: counted)
            }
            guard type != nil else {
                return record.note(
                    ScanGap(.skippedPass, "the engine does not take up the bytes from \(range.lowerBound) on"))
            }
            if level == 0 { record.noteRead(bytes: mapping.bytesRead(from: end - range.lowerBound)) }
            end = range.upperBound
        }
    }
}
