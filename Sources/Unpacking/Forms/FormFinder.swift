/// A form in which ordinary software would read a part of a layer.
package struct Sighting: Sendable, Equatable {
    package let form: ContainerForm
    /// Its bytes, counted from the layer's start. A container whose end is unknown extends to the layer's end.
    package let range: Range<Int64>

    package init(_ form: ContainerForm, _ range: Range<Int64>) {
        self.form = form
        self.range = range
    }
}

/// The forms that ordinary software would read in a layer: at its head, at fixed offsets, at its tail, and behind
/// programs, scripts, pictures, text or unknown bytes.
///
/// Readers look for their magic number in different places, so a layer can have several forms. A magic number that may
/// occur by chance counts only if the header around it is valid (`EmbeddedHeader`).
package enum FormFinder {
    /// Readers of PDF accept its header within the first 1024 bytes (ISO 32000-1, appendix H, note 13).
    private static let pdfHeaderLimit = 1024
    /// The most sightings of one layer.
    package static let maximumSightings = 1024

    /// Forms whose magic number any bytes may begin with. They hide nothing that stands behind it.
    private static let mayBeChance: Set<ContainerForm> = [
        .gzip, .bzip2, .compress, .lzma, .uuencode, .pack, .legacyBzip, .lzfse, .zlib, .pgpArmor, .rtf,
        .binaryPlist,
    ]

    /// Returns the forms of a layer, those at its head first.
    ///
    /// - Parameters:
    ///   - magicType: the MIME type that libmagic detects, or nil.
    ///   - engineType: the engine's name for the layer's type, or nil.
    package static func sightings(
        in slice: FileSlice, magicType: String?, engineType: String?
    ) throws(UnpackingError) -> [Sighting] {
        let head = try slice.bytes(at: 0, count: ContainerForm.detectionLength)
        let headForms = ContainerForm.forms(startingWith: head)
        var found = headForms.map { Sighting($0, 0..<slice.size) }
        if !headForms.contains(.udf), try hasUDFAnchor(slice) { found.append(Sighting(.udf, 0..<slice.size)) }
        if let offset = try pdfHeader(in: head, of: slice) { found.append(Sighting(.pdf, Int64(offset)..<slice.size)) }
        // MacBinary: the data fork follows a header of 128 bytes.
        if isMacBinary(head), let form = ContainerForm(startingWith: Array(head.dropFirst(128))) {
            found.append(Sighting(form, 128..<slice.size))
        }
        found += try tail(of: slice, headForms) + encrypted(slice, head)
        if headForms.allSatisfy(mayBeChance.contains), try EncodedRuns.areIn(slice) {
            found.append(Sighting(.textBase64, 0..<slice.size))
        }
        // OLE2 scatters its streams over sectors: what is found between them is not whole. Its streams are layers.
        let isScattered = head.starts(with: [0xD0, 0xCF, 0x11, 0xE0]) || engineType == "CL_TYPE_MSOLE2"
        for range in isScattered ? [] : try searchRanges(of: slice, headForms) {
            for sighting in try search(slice, in: range) where !found.contains(sighting) { found.append(sighting) }
        }
        return Array(found.prefix(maximumSightings))
    }

    /// Returns the offset of a PDF's header if readers would find one and an object follows: a text may be about PDF.
    private static func pdfHeader(in head: [UInt8], of slice: FileSlice) throws(UnpackingError) -> Int? {
        guard let offset = Array(head.prefix(pdfHeaderLimit + 5)).index(of: Array("%PDF-".utf8)) else { return nil }
        if offset == 0 { return 0 }
        return try slice.firstOffset(of: Array("obj".utf8), in: Int64(offset)..<slice.size) == nil ? nil : offset
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
        of slice: FileSlice, _ forms: [ContainerForm]
    ) throws(UnpackingError) -> [Range<Int64>] {
        guard let form = forms.first, !mayBeChance.contains(form) else { return [1..<max(1, slice.size)] }
        guard form == .iso else { return [] }
        // The system area, and what follows the volume's end as its descriptor declares it.
        let end = try slice.declaredEnd(of: .iso) ?? slice.size
        return [1..<min(32 * 1024, slice.size)] + (end > 32 * 1024 && end < slice.size ? [end..<slice.size] : [])
    }

    /// Returns the forms that readers recognise by a layer's last bytes.
    private static func tail(of slice: FileSlice, _ forms: [ContainerForm]) throws(UnpackingError) -> [Sighting] {
        var found: [Sighting] = []
        let trailer = try slice.bytes(at: slice.size - 512, count: 512)
        if slice.size > 512, trailer.count == 512 {
            if trailer.starts(with: Array("koly".utf8)) { found.append(Sighting(.dmg, 0..<slice.size)) }
            if trailer.starts(with: Array("conectix".utf8)) { found.append(Sighting(.vhd, 0..<slice.size)) }
        }
        guard forms.first != .zip else { return found }
        let isArchive = forms.first.map { $0 != .iso && !mayBeChance.contains($0) } ?? false
        return try found + EmbeddedZip.find(in: slice, isArchive: isArchive)
    }
}
