import ScanProtocol
import Unpacking

/// The check that every member of a container is among the layers that the engine scanned.
///
/// The engine answers "clean" even if it skipped a member. Its layers are therefore counted by size, and each member
/// must be among them. That works for containers whose members are copied unchanged: ZIP (including office documents
/// and JAR), 7z, RAR, tar, cpio, ar, ISO 9660, Cabinet, xar, LHA, and compressed streams (gzip, bzip2, xz, …). It does
/// not work for formats from which the engine makes files of its own: mail (decoded), PDF (streams, decoded), OLE2
/// (streams, macros as text), HTML and RTF, Flash, installers and packed executables. They have no member list to
/// compare; for them, the engine's own alerts and warnings must do.
struct MemberCoverage {
    /// What prevents a complete inspection of the container.
    private(set) var gaps: [ScanGap] = []
    /// Sizes, in bytes, that more members have than layers do. All members of such a size have to be extracted.
    private(set) var missedSizes: Set<Int64> = []
    /// How many bytes after the container's end are to be inspected like a member: another container may begin there.
    private(set) var trailingBytes: Int64 = 0
    /// Whether all members were listed, to the container's true end.
    private(set) var isListed = false
    /// The number of members listed, of any kind.
    private var listed = 0
    var isComplete: Bool { missedSizes.isEmpty && trailingBytes == 0 }

    /// - Parameter layer: one that the engine has left, with its children counted and its file still open.
    init(of layer: Layer, form: ContainerForm, budget: ScanBudget) {
        guard let extent = layer.extent else { return }
        guard form.isSupported else {
            if form == .arj {
                list(arj: layer, extent, budget)
            } else if form == .warc {
                list(warc: layer, extent, budget)
            } else if !form.isReadByEngine || !layer.hasChildren {
                gaps.append(ScanGap(.unopened, "\(form.displayName) is not supported"))
            }
            return
        }
        var members = MemberCount(limit: budget.files)
        do throws(UnpackingError) {
            let structure = form == .zip ? try check(zip: layer.descriptor, extent) : nil
            try list(layer.descriptor, extent, form, into: &members, budget)
            if let structure, listed != structure.entries, !members.isOverLimit, gaps.isEmpty {
                gaps.append(
                    ScanGap(.malformed, "a ZIP lists \(structure.entries) members, and \(listed) can be read"))
            }
        } catch {
            // Arbitrary bytes may begin with a short magic number. It is a container only if a member can be listed, or
            // if the engine takes it for one as well.
            let isChance = form.hasWeakMagic && listed == 0 && !Self.containerTypes.contains(layer.type)
            if isChance, error.code == .malformed || error.code == .truncated { return }
            gaps.append(ScanGap(error, in: form))
        }
        if members.isOverLimit {
            gaps.append(ScanGap(.tooManyFiles, "more than \(budget.files) members in a \(form.displayName)"))
        }
        missedSizes = members.sizesMissing(from: layer.children)
    }

    /// The engine's names for containers with short magic numbers.
    private static let containerTypes: Set<String> = [
        "CL_TYPE_GZ", "CL_TYPE_BZ", "CL_TYPE_POSIX_TAR", "CL_TYPE_OLD_TAR", "CL_TYPE_CPIO_OLD", "CL_TYPE_CPIO_ODC",
        "CL_TYPE_CPIO_NEWC", "CL_TYPE_CPIO_CRC", "CL_TYPE_LHA_LZH",
    ]

    /// Some readers of ZIP use the directory, others go from header to header. If they could see different files, a
    /// list of members proves nothing.
    private mutating func check(
        zip descriptor: CInt, _ extent: (offset: Int64, size: Int64)
    ) throws(UnpackingError) -> ZipStructure {
        let structure = try ZipStructure(descriptor: descriptor, offset: extent.offset, size: extent.size)
        gaps += structure.problems.compactMap(ScanGap.init)
        return structure
    }

    private mutating func list(warc layer: Layer, _ extent: (offset: Int64, size: Int64), _ budget: ScanBudget) {
        var members = MemberCount(limit: budget.files)
        var records = WarcRecords(descriptor: layer.descriptor, offset: extent.offset, size: extent.size)
        do throws(UnpackingError) {
            while let record = try records.next(), members.add(size: Int64(record.payload.count)) {}
        } catch {
            gaps.append(ScanGap(error, in: .warc))
        }
        if members.isOverLimit {
            gaps.append(ScanGap(.tooManyFiles, "more than \(budget.files) records in a WARC"))
        }
        missedSizes = members.sizesMissing(from: layer.children)
    }

    /// Lists an ARJ from its headers. Only the engine can unpack it, so a missed member is a gap.
    private mutating func list(arj layer: Layer, _ extent: (offset: Int64, size: Int64), _ budget: ScanBudget) {
        var members = MemberCount(limit: budget.files)
        do throws(UnpackingError) {
            var headers = try ArjHeaders(
                descriptor: layer.descriptor, offset: extent.offset, size: extent.size)
            while let member = try headers.next() {
                guard member.holdsData else { continue }
                if member.isEncrypted {
                    gaps.append(ScanGap(.encrypted, "\(member.name) in an ARJ"))
                } else if !members.add(size: member.size ?? 0) {
                    gaps.append(ScanGap(.tooManyFiles, "more than \(budget.files) members in an ARJ"))
                    return
                }
            }
            trailingBytes = try headers.trailingBytes()
        } catch {
            gaps.append(ScanGap(error, in: .arj))
        }
        let missing = members.sizesMissing(from: layer.children).sorted()
        if let size = missing.first { gaps.append(ScanGap(.missedMember, "\(size) bytes in an ARJ")) }
    }

    private mutating func list(
        _ descriptor: CInt, _ extent: (offset: Int64, size: Int64), _ form: ContainerForm,
        into members: inout MemberCount, _ budget: ScanBudget
    ) throws(UnpackingError) {
        var archive = try Archive(descriptor: descriptor, offset: extent.offset, size: extent.size, form: form)
        while let member = try archive.next() {
            guard budget.millisecondsLeft > 0 else {
                gaps.append(ScanGap(.outOfTime, "while the members of a \(form.displayName) were listed"))
                return
            }
            listed += 1
            guard member.holdsData else { continue }
            if member.isEncrypted {
                // `ZipStructure` has reported it.
                if form == .zip { continue }
                gaps.append(ScanGap(.encrypted, "\(member.name) in a \(form.displayName)"))
                continue
            }
            let size: Int64 =
                if let size = member.size { size } else { try archive.measure(limit: budget.unpackingLimit) }
            guard members.add(size: size) else { return }
        }
        isListed = true
        trailingBytes = archive.trailingBytes ?? 0
    }
}

/// The number of members of each size.
struct MemberCount {
    private(set) var sizes: [Int64: Int] = [:]
    private let limit: Int64
    private var total: Int64 = 0

    /// - Parameter limit: the most members that are counted.
    init(limit: Int64) { self.limit = limit }

    var isOverLimit: Bool { total > limit }

    /// Counts a member. Returns false if it is one more than the limit. Members that are too short for the engine are
    /// left out.
    mutating func add(size: Int64) -> Bool {
        total += 1
        guard total <= limit else { return false }
        if size >= EngineLimits.shortestFile { sizes[size, default: 0] += 1 }
        return true
    }

    /// Returns the sizes that more members have than layers do.
    func sizesMissing(from layers: [Int64: Int]) -> Set<Int64> {
        Set(sizes.filter { $0.value > layers[$0.key, default: 0] }.keys)
    }
}
