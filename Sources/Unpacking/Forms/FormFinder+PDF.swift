extension FormFinder {
    /// Readers of PDF accept its header within the first 1024 bytes (ISO 32000-1, appendix H, note 13).
    private static let pdfHeaderLimit = 1024
    private static let pdfBlockLength = 1 << 20
    /// How many bytes before `obj` are looked at for its numbers.
    private static let pdfNumbersLength = 64

    /// Returns the offset of a PDF's header if readers would find one and an object follows: a text may be about PDF.
    static func pdfHeader(in head: [UInt8], of slice: FileSlice) throws(UnpackingError) -> Int? {
        guard let offset = Array(head.prefix(pdfHeaderLimit + 5)).index(of: Array("%PDF-".utf8)) else { return nil }
        if offset == 0 { return 0 }
        return try slice.firstOffset(of: Array("obj".utf8), in: Int64(offset)..<slice.size) == nil ? nil : offset
    }

    /// Whether readers would repair the bytes to a PDF without a header, or with one that is damaged or further back:
    /// there are an object and something that leads to the catalogue.
    static func isRepairablePDF(_ slice: FileSlice) throws(UnpackingError) -> Bool {
        guard try hasPDFObject(slice) else { return false }
        for sign in ["trailer", "startxref", "%%EOF", "/Root", "/XRef", "/Catalog"] {
            if try slice.firstOffset(of: Array(sign.utf8), in: 0..<slice.size) != nil { return true }
        }
        return false
    }

    /// Whether `obj` stands anywhere behind two numbers.
    private static func hasPDFObject(_ slice: FileSlice) throws(UnpackingError) -> Bool {
        var offset: Int64 = 0
        while offset < slice.size {
            let block = try slice.bytes(at: offset, count: pdfBlockLength)
            if hasPDFObject(in: block) { return true }
            guard offset + Int64(block.count) < slice.size else { return false }
            // The numbers may stand in this block and the keyword in the next one.
            offset += Int64(max(1, block.count - pdfNumbersLength - 3))
        }
        return false
    }

    private static func hasPDFObject(in block: [UInt8]) -> Bool {
        var index = 0
        while let keyword = block.index(of: Array("obj".utf8), from: index) {
            let first = max(0, keyword - pdfNumbersLength)
            if PDFSurvey.numbers(before: Array(block[first..<keyword])) != nil { return true }
            index = keyword + 3
        }
        return false
    }
}
