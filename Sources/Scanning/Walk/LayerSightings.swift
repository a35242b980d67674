import Unpacking

/// A form that ordinary software reads in a layer, and the range of the layer in which it does.
struct ContainerSighting: Equatable {
    let form: ContainerForm
    let range: Range<Int64>
}

/// Finds the containers that a layer is or carries.
enum LayerSightings {
    private static let sevenZip: [UInt8] = [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C]
    private static let sevenZipHeaderLength = 32
    /// A program that unpacks 7z contains the magic number as well.
    private static let maximumCandidates = 16

    /// The form that the layer's first bytes have, over the whole layer.
    static func first(in layer: FileSlice) -> ContainerSighting? {
        ContainerForm(descriptor: layer.descriptor, offset: layer.start).map {
            ContainerSighting(form: $0, range: 0..<layer.size)
        }
    }

    /// Containers behind or within other bytes: a program, a script, a picture, noise.
    static func carried(by layer: FileSlice) throws(UnpackingError) -> [ContainerSighting] {
        var found: [ContainerSighting] = []
        if let range = try ZipTail.archive(in: layer) { found.append(ContainerSighting(form: .zip, range: range)) }
        if let (offset, form) = EmbeddedRar.find(in: layer.descriptor, offset: layer.start, size: layer.size) {
            found.append(ContainerSighting(form: form, range: offset - layer.start..<layer.size))
        }
        if let range = try sevenZip(in: layer) { found.append(ContainerSighting(form: .sevenZip, range: range)) }
        if let (offset, form) = ScriptPayload.find(in: layer.descriptor, offset: layer.start, size: layer.size) {
            let start = offset - layer.start
            // A ZIP's offsets may count the script; the tail shows that one.
            let isKnown = found.contains { $0.form == form }
            if !isKnown { found.append(ContainerSighting(form: form, range: start..<layer.size)) }
        }
        return found
    }

    /// A 7z archive whose first header has the right checksum. Source: 7zFormat.txt, "SignatureHeader".
    private static func sevenZip(in layer: FileSlice) throws(UnpackingError) -> Range<Int64>? {
        var searched: Int64 = 0
        for _ in 0..<maximumCandidates {
            guard let start = try layer.firstOffset(of: sevenZip, in: searched..<layer.size) else { return nil }
            let header = try layer.bytes(at: start, count: sevenZipHeaderLength)
            if header.count == sevenZipHeaderLength, SevenZipHeader.isIntact(header) { return start..<layer.size }
            searched = start + 1
        }
        return nil
    }
}
