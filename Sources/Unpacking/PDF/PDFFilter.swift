/// The filters of PDF streams (ISO 32000-1, 7.4).
enum PDFFilter: String {
    case hex = "ASCIIHexDecode"
    case base85 = "ASCII85Decode"
    case lzw = "LZWDecode"
    case flate = "FlateDecode"
    case runLength = "RunLengthDecode"
    /// Image filters, whose output is samples.
    case fax = "CCITTFaxDecode"
    case jbig2 = "JBIG2Decode"
    case jpeg = "DCTDecode"
    case jpeg2000 = "JPXDecode"
    case crypt = "Crypt"

    /// - Parameter name: readers accept the abbreviations of inline images everywhere.
    init?(name: String) {
        let abbreviations: [String: PDFFilter] = [
            "AHx": .hex, "A85": .base85, "LZW": .lzw, "Fl": .flate, "RL": .runLength, "CCF": .fax, "DCT": .jpeg,
        ]
        guard let filter = abbreviations[name] ?? PDFFilter(rawValue: name) else { return nil }
        self = filter
    }

    var isImageFilter: Bool { self == .fax || self == .jbig2 || self == .jpeg || self == .jpeg2000 }
}
