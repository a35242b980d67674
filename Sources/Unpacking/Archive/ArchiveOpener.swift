/// The parts of a container that libarchive reads: every member that has bytes, whatever its mode. Of a ZIP, those that
/// it does not decode come last.
package struct ArchiveOpener: LayerOpener, ~Copyable {
    private var archive: Archive
    private let layer: FileSlice
    private let isLooseZip: Bool
    private let mayBeChance: Bool
    private var isCut = false
    /// Of a tar, a xar or an ISO 9660: the bytes that each member gave.
    private var delivered: [Int64] = []
    /// Data that libarchive did not give. Known at the end.
    private var unread: [Range<Int64>] = []
    private var linkTarget: [UInt8] = []
    /// Members that libarchive listed and does not decode.
    private var leftOver = 0
    private var deflate64: Deflate64Members?
    /// Where the data of each member of a ZIP begin.
    private var dataStarts: [Int64] = []
    /// The number of members listed, of any kind.
    package private(set) var listed = 0
    /// Whether the bytes are a container of this form beyond doubt: a member was listed, or a byte of a single stream
    /// decoded.
    package private(set) var isProven = false

    /// - Parameter mayBeChance: whether the bytes may resemble the form by chance. A first member that the layer's end
    ///   cuts is then what there is of it, and no defect.
    /// - Throws: what is wrong with the container's beginning.
    package init(
        _ layer: FileSlice, form: ContainerForm, isLooseZip: Bool = false, mayBeChance: Bool = false
    ) throws(UnpackingError) {
        self.layer = layer
        self.mayBeChance = mayBeChance
        self.isLooseZip = isLooseZip
        if form == .cpio { try CpioHeaders.check(layer) }
        archive = try Archive(
            descriptor: layer.descriptor, offset: layer.start, size: layer.size, form: form, isLooseZip: isLooseZip)
    }

    package mutating func next() throws(UnpackingError) -> LayerPart? {
        if isCut { return nil }
        while let member = try archive.next() {
            listed += 1
            if !archive.form.isSingleStream { isProven = true }
            if isCompared { delivered.append(0) }
            if archive.form == .zip { dataStarts.append(archive.consumed) }
            guard member.holdsData else { continue }
            if archive.isDeflate64, !isLooseZip, !member.isEncrypted {
                leftOver += 1
                continue
            }
            linkTarget = member.linkTarget
            return LayerPart(member.name, size: member.size, isEncrypted: member.isEncrypted)
        }
        if leftOver > 0, deflate64 == nil { deflate64 = try Deflate64Members(layer) }
        if let part = try deflate64?.next() {
            leftOver -= 1
            return part
        }
        guard leftOver == 0 else {
            throw UnpackingError(.malformed, "\(leftOver) members by Deflate64 are not in the directory")
        }
        unread = try unreadData()
        return nil
    }

    package mutating func unpack(into file: CInt, limit: Int64) throws(UnpackingError) -> Int64 {
        if let deflate64 { return try deflate64.unpack(into: file, limit: limit) }
        defer { if archive.current.position > 0 { isProven = true } }
        let size: Int64
        do throws(UnpackingError) {
            size = try archive.unpack(into: file, limit: limit)
        } catch {
            guard mayBeChance, listed == 1, error.code == .truncated, let cut = fileLength(of: file) else {
                throw error
            }
            isCut = true
            return cut
        }
        if isCompared { delivered[delivered.count - 1] = size }
        guard size == 0, !linkTarget.isEmpty else { return size }
        // Some readers write a link's target as a file's content.
        guard Int64(linkTarget.count) <= limit else { throw UnpackingError(.tooLarge, "the target of a link") }
        try writeScratch(linkTarget[...], to: file, at: 0)
        return Int64(linkTarget.count)
    }

    /// Whether the members of a ZIP that were listed stand where its directory says.
    package func agrees(with structure: ZipStructure) -> Bool {
        listed == structure.entries && dataStarts.sorted() == structure.dataStarts
    }

    /// The bytes after the container's end, and data that libarchive did not give.
    package var unaccounted: [Range<Int64>] { archive.containerEnd.map { unread + layer.rests(behind: $0) } ?? unread }

    /// The data that libarchive did not give, by the container's own headers.
    private func unreadData() throws(UnpackingError) -> [Range<Int64>] {
        switch archive.form {
        case .tar: return try TarAccount(layer).unread(delivered: delivered)
        case .xar: return try XarAccount(layer).unread(delivered: delivered.count { $0 > 0 })
        case .iso:
            var account = ISOAccount(layer)
            return try account.unread(delivered: delivered)
        default: return []
        }
    }

    /// Whether the bytes that each member gave are compared with what the container's own headers say.
    private var isCompared: Bool { archive.form == .tar || archive.form == .xar || archive.form == .iso }
}
