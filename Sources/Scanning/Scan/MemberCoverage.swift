import ScanProtocol
import Unpacking

/// A container's members held against the layers that the engine made of them.
///
/// The engine answers "clean" as well where it passed a member over. Its layers are therefore counted by their sizes, and
/// each member must be among them. That holds for containers whose members are copied as they are: ZIP (office documents,
/// JAR and the like are ZIPs too), 7z, RAR, tar, cpio, ar, ISO 9660, Cabinet, xar, LHA, and what packs one stream (gzip,
/// bzip2, xz, …). It does not hold for what the engine makes its own files of: mail (decoded), PDF (streams, decoded),
/// OLE2 (streams, macros in clear), HTML and RTF, Flash, installers and packed executables. Those have no list of
/// members that could be counted; the engine's own alerts and warnings stand for them.
struct MemberCoverage {
    /// What keeps the container from being wholly inspected.
    private(set) var gaps: [ScanGap] = []
    /// Sizes, in bytes, that more members have than layers do. All members of such a size are to be unpacked and inspected.
    private(set) var missed: Set<Int64> = []
    /// Bytes behind the container's end, to be inspected as if they were a member: another container may begin there.
    private(set) var tail: Int64 = 0
    /// Whether all members were listed, to the container's true end.
    private(set) var isListed = false
    /// Members of any kind.
    private var listed = 0
    var isWhole: Bool { missed.isEmpty && tail == 0 }

    /// - Parameters:
    ///   - layer: one that the engine has left, with its children counted, its file still open.
    ///   - files: how many members may be listed.
    init(of layer: Layer, form: ContainerForm, allowance: ScanBudget) {
        guard let extent = layer.extent else { return }
        guard form.isOpened else {
            if form == .arj {
                count(arj: layer, extent, allowance)
            } else if form == .warc {
                count(warc: layer, extent, allowance)
            } else if !Self.engineOpens.contains(form) || !layer.hasChildren {
                gaps.append(ScanGap(.unopened, "\(form.displayName) is opened by nothing here"))
            }
            return
        }
        var members = MemberCount(limit: allowance.files)
        do throws(UnpackingError) {
            let structure = form == .zip ? try check(zip: layer.descriptor, extent) : nil
            try count(layer.descriptor, extent, form, into: &members, allowance)
            if let structure, listed != structure.entries, !members.isFull, gaps.isEmpty {
                gaps.append(
                    ScanGap(.malformed, "a ZIP lists \(structure.entries) members, and \(listed) can be opened"))
            }
        } catch {
            // A short mark may stand at the start of anything: only what has a member, or what the engine takes for a
            // container as well, is one.
            let isChance = form.isMarkedWeakly && listed == 0 && !Self.containerTypes.contains(layer.type)
            if isChance, error.code == .malformed || error.code == .truncated { return }
            gaps.append(ScanGap(error, in: form))
        }
        if members.isFull {
            gaps.append(ScanGap(.tooManyFiles, "more than \(allowance.files) members in a \(form.displayName)"))
        }
        missed = members.missing(from: layer.children)
    }

    /// The engine's names for containers whose marks are short.
    private static let containerTypes: Set<String> = [
        "CL_TYPE_GZ", "CL_TYPE_BZ", "CL_TYPE_POSIX_TAR", "CL_TYPE_OLD_TAR", "CL_TYPE_CPIO_OLD", "CL_TYPE_CPIO_ODC",
        "CL_TYPE_CPIO_NEWC", "CL_TYPE_CPIO_CRC", "CL_TYPE_LHA_LZH",
    ]
    /// Containers that libarchive does not know, and the engine does.
    private static let engineOpens: Set<ContainerForm> = [.arj, .alz, .egg, .udf, .hfs]

    /// Readers of ZIP go by the directory or from header to header; where they would see different files, a list of the
    /// members proves nothing.
    private mutating func check(
        zip descriptor: CInt, _ extent: (offset: Int64, size: Int64)
    ) throws(UnpackingError) -> ZipStructure {
        let structure = try ZipStructure(descriptor: descriptor, offset: extent.offset, size: extent.size)
        gaps += structure.problems.compactMap(ScanGap.init)
        return structure
    }

    private mutating func count(warc layer: Layer, _ extent: (offset: Int64, size: Int64), _ allowance: ScanBudget) {
        var members = MemberCount(limit: allowance.files)
        var records = WarcRecords(descriptor: layer.descriptor, offset: extent.offset, size: extent.size)
        do throws(UnpackingError) {
            while let record = try records.next(), members.add(size: Int64(record.payload.count)) {}
        } catch {
            gaps.append(ScanGap(error, in: .warc))
        }
        if members.isFull { gaps.append(ScanGap(.tooManyFiles, "more than \(allowance.files) records in a WARC")) }
        missed = members.missing(from: layer.children)
    }

    /// Of an ARJ, the headers are gone through here; what the engine passed over nothing else can open.
    private mutating func count(arj layer: Layer, _ extent: (offset: Int64, size: Int64), _ allowance: ScanBudget) {
        var members = MemberCount(limit: allowance.files)
        do throws(UnpackingError) {
            var headers = try ArjHeaders(
                descriptor: layer.descriptor, offset: extent.offset, size: extent.size)
            while let member = try headers.next() {
                guard member.holdsData else { continue }
                if member.isEncrypted {
                    gaps.append(ScanGap(.encrypted, "\(member.name) in an ARJ"))
                } else if !members.add(size: member.size ?? 0) {
                    gaps.append(ScanGap(.tooManyFiles, "more than \(allowance.files) members in an ARJ"))
                    return
                }
            }
            tail = try headers.trailingBytes()
        } catch {
            gaps.append(ScanGap(error, in: .arj))
        }
        let unseen = members.missing(from: layer.children).sorted()
        if let size = unseen.first { gaps.append(ScanGap(.missedMember, "of \(size) bytes in an ARJ")) }
    }

    private mutating func count(
        _ descriptor: CInt, _ extent: (offset: Int64, size: Int64), _ form: ContainerForm,
        into members: inout MemberCount, _ allowance: ScanBudget
    ) throws(UnpackingError) {
        var archive = try Archive(descriptor: descriptor, offset: extent.offset, size: extent.size, form: form)
        while let member = try archive.next() {
            guard allowance.milliseconds > 0 else {
                gaps.append(ScanGap(.outOfTime, "while the members of a \(form.displayName) were listed"))
                return
            }
            listed += 1
            guard member.holdsData else { continue }
            if member.isEncrypted {
                // Of a ZIP, the structure has said so.
                if form == .zip { continue }
                gaps.append(ScanGap(.encrypted, "\(member.name) in a \(form.displayName)"))
                continue
            }
            let size: Int64 =
                if let size = member.size { size } else { try archive.measure(limit: allowance.unpackingLimit) }
            guard members.add(size: size) else { return }
        }
        isListed = true
        tail = archive.trailingBytes ?? 0
    }
}

/// How many members have which size.
struct MemberCount {
    private(set) var sizes: [Int64: Int] = [:]
    private let limit: Int64
    private var total: Int64 = 0

    /// - Parameter limit: members that are counted at most.
    init(limit: Int64) { self.limit = limit }

    var isFull: Bool { total > limit }

    /// Counts a member; false once there are more than the limit. One of up to five bytes is no file to the engine either,
    /// since no signature is as short.
    mutating func add(size: Int64) -> Bool {
        total += 1
        guard total <= limit else { return false }
        if size >= EngineLimits.shortestFile { sizes[size, default: 0] += 1 }
        return true
    }

    /// The sizes that more members have than layers do.
    func missing(from layers: [Int64: Int]) -> Set<Int64> {
        Set(sizes.filter { $0.value > layers[$0.key, default: 0] }.keys)
    }
}

extension ScanGap {
    /// What could not be unpacked.
    init(_ error: UnpackingError, in form: ContainerForm) { self.init(error, in: form.displayName) }

    init(_ error: UnpackingError, in container: String, member: String = "") {
        let kind: Kind =
            switch error.code {
            case .truncated: .truncated
            case .malformed: .malformed
            case .encrypted: .encrypted
            case .method: .method
            case .tooLarge: .tooManyBytes
            case .scratch, .memory: .resources
            case .scratchFull: .scratchFull
            case .read: .read
            }
        self.init(kind, "\(container)\(member.isEmpty ? "" : ", \(member)"): \(error.detail)")
    }
}

extension ScanGap {
    /// What a problem of a ZIP keeps from being inspected; nil where that is nothing, and where the list of members shows it.
    init?(_ problem: ZipProblem) {
        let kind: Kind
        switch (problem.kind, problem.kind.effect) {
        case (.encrypted, _): kind = .encrypted
        case (.unknownMethod, _): kind = .method
        case (.truncated, _), (.noDirectory, _): kind = .truncated
        case (.overlap, _): kind = .overlapping
        case (_, .unopened), (_, .ambiguous): kind = .malformed
        case (_, .engineSkips), (_, .harmless): return nil
        }
        let times = problem.count > 1 ? " (\(problem.count) times)" : ""
        self.init(kind, "ZIP: \(problem.kind.rawValue), \(problem.detail)\(times)")
    }
}

extension ContainerForm {
    /// Whether its mark is so short that ordinary bytes may begin with it.
    var isMarkedWeakly: Bool {
        switch self {
        case .cpio, .gzip, .compress, .lzma, .lha, .uuencode, .bzip2, .tar: true
        default: false
        }
    }
}
