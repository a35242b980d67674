/// A form in which ordinary software would read a part of a layer.
package struct Sighting: Sendable, Equatable {
    package let form: ContainerForm
    /// Its bytes, counted from the layer's start. A container whose end is unknown extends to the layer's end.
    package let range: Range<Int64>
    /// Whether it is a compressed stream, or an entry of a ZIP, that a search for marks found. Many files contain
    /// pieces of such.
    package let mayBePiece: Bool

    package init(_ form: ContainerForm, _ range: Range<Int64>, mayBePiece: Bool = false) {
        self.form = form
        self.range = range
        self.mayBePiece = mayBePiece
    }
}

/// The forms that ordinary software would read in a layer: at its head, at fixed offsets, at its tail, and behind
/// programs, scripts, pictures, text or unknown bytes.
///
/// Readers look for their magic number in different places, so a layer can have several forms. A magic number that may
/// occur by chance counts only if the header around it is valid (`EmbeddedHeader`).
package enum FormFinder {
    /// The most sightings of one layer.
    package static let maximumSightings = 1024

    /// Forms whose magic number any bytes may begin with, and forms that leave bytes. What stands behind them is
    /// searched as well.
    static let mayBeChance: Set<ContainerForm> = Set(ContainerForm.allCases.filter(\.leavesRest)).union([
        .gzip, .bzip2, .compress, .lzma, .pack, .legacyBzip, .lzfse, .zlib, .rtf, .binaryPlist, .macForks,
    ])

    /// Returns the forms of a layer, those at its head first.
    ///
    /// - Parameters:
    ///   - magicType: the MIME type that libmagic detects, or nil.
    ///   - engineType: the engine's name for the layer's type, or nil.
    package static func sightings(
        in slice: FileSlice, magicType: String?, engineType: String?
    ) throws(UnpackingError) -> [Sighting] {
        let head = try slice.bytes(at: 0, count: ContainerForm.detectionLength)
        let isImage = try isDiskImage(slice)
        // The first run of a disk image may be a packed stream.
        let headForms = ContainerForm.forms(startingWith: head).filter {
            !isImage || !$0.isSingleStream && !mayBeChance.contains($0)
        }
        let isDisk = headForms.allSatisfy { mayBeChance.contains($0) || $0 == .iso || $0 == .udf || $0 == .hfs }
        let table = isDisk && !isImage ? try PartitionTable.read(slice) : nil
        var found = headForms.map { Sighting($0, 0..<slice.size) }
        if !headForms.contains(.udf), try hasUDFAnchor(slice) { found.append(Sighting(.udf, 0..<slice.size)) }
        let document = try pdfHeader(in: head, of: slice).map(Int64.init)
        if let document { found.append(Sighting(.pdf, document..<slice.size)) }
        // MacBinary: the data fork follows a header of 128 bytes.
        if isMacBinary(head), let form = ContainerForm(startingWith: Array(head.dropFirst(128))) {
            found.append(Sighting(form, 128..<slice.size))
        }
        if let table {
            let isHybrid = headForms.contains { $0 == .iso || $0 == .udf }
            found += try partitions(of: table, in: slice, isHybrid: isHybrid)
        }
        if isImage { found.append(Sighting(.dmg, 0..<slice.size)) }
        found += try tail(of: slice, headForms, isArchive: isImage || table != nil) + encrypted(slice, head)
        if headForms.allSatisfy(mayBeChance.contains), try EncodedRuns.areIn(slice) {
            found.append(Sighting(.textBase64, 0..<slice.size))
        }
        if headForms.allSatisfy(mayBeChance.contains), try WrittenBytes.areIn(slice) {
            found.append(Sighting(.writtenBytes, 0..<slice.size))
        }
        // OLE2 scatters its streams over sectors: what is found between them is not whole. Its streams are layers.
        let isScattered = head.starts(with: [0xD0, 0xCF, 0x11, 0xE0]) || engineType == "CL_TYPE_MSOLE2"
        let searched = isScattered || isImage ? [] : try searchRanges(of: slice, headForms, table)
        if !searched.isEmpty, !found.contains(where: { $0.form == .pdf }), try isRepairablePDF(slice) {
            found.append(Sighting(.pdf, 0..<slice.size))
        }
        found += try carriedStreams(in: slice, headForms, searched: searched, before: document ?? slice.size)
        let zipEnd = found.filter { $0.form == .zip && !$0.mayBePiece }.map(\.range.upperBound).max() ?? 0
        for range in searched {
            for sighting in try search(slice, in: range, behind: zipEnd) where !found.contains(sighting) {
                found.append(sighting)
            }
        }
        // Bytes between the streams of these belong to no member. A reader that takes the file for a ZIP finds entries
        // there.
        if headForms.first == .sevenZip || headForms.first == .cab {
            found += try search(slice, in: 1..<slice.size, behind: 0, only: .zip)
        }
        if !searched.isEmpty { found += try textForms(of: slice, head, magicType, engineType) }
        guard found.count(where: { !$0.mayBePiece }) <= maximumSightings else {
            throw UnpackingError(.tooLarge, "more than \(maximumSightings) containers in one file")
        }
        return found
    }

    /// Where streams with weak marks stand in those ranges. The samples of some media are leaves, and their openers
    /// take out what else they pack; that of PDF decodes all streams of a document.
    ///
    /// - Parameter end: where a document begins.
    private static func carriedStreams(
        in slice: FileSlice, _ forms: [ContainerForm], searched: [Range<Int64>], before end: Int64
    ) throws(UnpackingError) -> [Sighting] {
        guard !forms.contains(where: { $0 == .pngText || $0 == .tiffEntries || $0 == .webFont }) else { return [] }
        var found: [Sighting] = []
        for range in searched where range.lowerBound < end {
            let range = range.lowerBound..<min(range.upperBound, end)
            guard let start = try CarriedStreams.first(in: slice, range) else { continue }
            found.append(Sighting(.carriedStreams, start..<range.upperBound, mayBePiece: true))
        }
        return found
    }

    /// Whether a form with a short magic number has a first header that no ordinary bytes resemble. In a table of
    /// numbers, digits may be the sum of the bytes around them; it has no zero, and headers of tar have. In a dump of
    /// bytes, digits may be the fields of cpio, and no zero ends the name behind them.
    package static func hasValidHeader(_ form: ContainerForm, in layer: FileSlice) -> Bool {
        let isText = (try? layer.bytes(at: 0, count: 1).first) == 0x30
        guard form == .tar || form == .lha || form == .cpio && isText else { return false }
        if form == .tar, (try? layer.bytes(at: 0, count: 512).contains(0)) != true { return false }
        if form == .cpio, (try? CpioHeaders.endsFirstName(layer)) != true { return false }
        return (try? EmbeddedHeader.length(of: form, in: layer, at: 0)) != nil
    }

    /// Whether the anchor of a UDF volume stands at block 256, where readers look for it whatever stands before
    /// (ECMA-167, 3/8.4.2.1 and 3/7.2): its tag has the number 2, a checksum and its own block's number.
    private static func hasUDFAnchor(_ slice: FileSlice) throws(UnpackingError) -> Bool {
        for blockSize: Int64 in [2048, 512, 4096] {
            let tag = try slice.bytes(at: 256 * blockSize, count: 16)
            guard tag.count == 16, tag.number(2, at: 0) == 2, tag.number(4, at: 12) == 256 else { continue }
            let sum = tag.enumerated().reduce(UInt8(0)) { $1.offset == 4 ? $0 : $0 &+ $1.element }
            if sum == tag[4] { return true }
        }
        return false
    }

    /// MacBinary I to III: no version number, a name's length, and zeros at fixed places.
    private static func isMacBinary(_ head: [UInt8]) -> Bool {
        head.count > 256 && head[0] == 0 && (1...63).contains(head[1]) && head[74] == 0 && head[82] == 0
            && head[2..<2 + Int(head[1])].allSatisfy { $0 >= 0x20 }
    }

    /// The parts of a layer that its forms do not account for. An archive accounts for all of its bytes itself.
    private static func searchRanges(
        of slice: FileSlice, _ forms: [ContainerForm], _ table: PartitionTable?
    ) throws(UnpackingError) -> [Range<Int64>] {
        if let table, forms.allSatisfy(\.leavesRest) { return gaps(of: table, in: slice) }
        guard let form = forms.first, !mayBeChance.contains(form) else { return [1..<max(1, slice.size)] }
        guard form == .iso else { return [] }
        // The system area, and what follows the volume's end as its descriptor declares it.
        let end = try slice.declaredEnd(of: .iso) ?? slice.size
        return [1..<min(32 * 1024, slice.size)] + (end > 32 * 1024 && end < slice.size ? [end..<slice.size] : [])
    }

    /// Whether the trailer of an Apple disk image ends the layer.
    static func isDiskImage(_ slice: FileSlice) throws(UnpackingError) -> Bool {
        guard slice.size > 512 else { return false }
        return try slice.bytes(at: slice.size - 512, count: 4) == Array("koly".utf8)
    }

    /// Whether the footer of a virtual hard disk ends the layer.
    static func endsAsVHD(_ slice: FileSlice) throws(UnpackingError) -> Bool {
        guard slice.size > 512 else { return false }
        return try slice.bytes(at: slice.size - 512, count: 8) == Array("conectix".utf8)
    }

    /// Returns the forms that readers recognise by a layer's last bytes.
    private static func tail(
        of slice: FileSlice, _ forms: [ContainerForm], isArchive isDisk: Bool
    ) throws(UnpackingError) -> [Sighting] {
        var found = try endsAsVHD(slice) ? [Sighting(.vhd, 0..<slice.size)] : []
        if try endsAsGameArchive(slice) { found.append(Sighting(.oldArchiver, 0..<slice.size)) }
        guard forms.first != .zip else { return found }
        let isArchive = isDisk || forms.first.map { $0 != .iso && !mayBeChance.contains($0) } ?? false
        let isScattered = isArchive || forms.contains(.workbookRecords)
        return try found + EmbeddedZip.find(in: slice, isArchive: isArchive, mayBeScattered: isScattered)
    }
}
