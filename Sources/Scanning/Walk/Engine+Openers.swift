import ScanProtocol
import Unpacking

extension Engine {
    /// Opens a layer by a reader of this project. One case for each form whose row in `Coverage` says `.ours`.
    ///
    /// - Parameter range: of the container in its layer.
    /// - Throws: what keeps the layer from being accounted for.
    borrowing func openByOurs(
        _ form: ContainerForm, _ bytes: FileSlice, in layer: WalkedLayer, at range: Range<Int64>,
        _ budget: ScanBudget, type: (CInt, Int64) -> String
    ) throws(UnpackingError) {
        switch form {
        case .warc:
            var opener = WarcOpener(bytes)
            try takeParts(from: &opener, form, in: layer, at: range, budget, type: type)
        case .brotli:
            var opener = BrotliOpener(bytes)
            try takeParts(from: &opener, form, in: layer, at: range, budget, type: type)
        case .mail:
            var opener = try MailOpener(bytes)
            // The engine's own reader of mail has gone through all of a letter with the letter.
            ScanRecord.current.lettersAround += 1
            defer { ScanRecord.current.lettersAround -= 1 }
            try takeParts(from: &opener, form, in: layer, at: range, budget, type: type)
        case .tnef:
            var opener = try TNEFOpener(bytes)
            try takeParts(from: &opener, form, in: layer, at: range, budget, type: type)
        case .cms:
            var opener = try CMSOpener(bytes)
            try takeParts(from: &opener, form, in: layer, at: range, budget, type: type)
        case .activeMime:
            var opener = try ActiveMimeOpener(bytes)
            try takeParts(from: &opener, form, in: layer, at: range, budget, type: type)
        case .uuencode, .yEnc, .binHex, .base64:
            var opener = try EncodedTextOpener(bytes, in: 0..<bytes.size, form: form)
            try takeParts(from: &opener, form, in: layer, at: range, budget, type: type)
        case .dmg:
            var opener = try UDIFOpener(bytes)
            try takeParts(from: &opener, form, in: layer, at: range, budget, type: type)
        case .hfs:
            var opener = try HFSPlusOpener(bytes)
            try takeParts(from: &opener, form, in: layer, at: range, budget, type: type)
        case .oneNote:
            var opener = try OneNoteOpener(bytes)
            try takeParts(from: &opener, form, in: layer, at: range, budget, type: type)
        case .udf:
            var opener = try UDFOpener(bytes)
            try takeParts(from: &opener, form, in: layer, at: range, budget, type: type)
        case .zlib:
            var opener = ZlibOpener(bytes)
            try takeParts(from: &opener, form, in: layer, at: range, budget, type: type)
        case .pdf: try openPDF(bytes, in: layer, at: range, budget, type: type)
        case .rpm:
            var opener = try RpmOpener(bytes)
            try takeParts(from: &opener, form, in: layer, at: range, budget, type: type)
        case .openPGP:
            var opener = OpenPGPOpener(bytes)
            try takeParts(from: &opener, form, in: layer, at: range, budget, type: type)
        case .pgpArmor:
            var opener = ArmorOpener(bytes)
            try takeParts(from: &opener, form, in: layer, at: range, budget, type: type)
        case .ole2:
            var opener = try OLE2Opener(bytes)
            try takeParts(from: &opener, form, in: layer, at: range, budget, type: type)
        case .powerPointObject:
            var opener = PowerPointObjects(bytes)
            try takeParts(from: &opener, form, in: layer, at: range, budget, type: type)
        case .rtf:
            var opener = RTFOpener(bytes)
            try takeParts(from: &opener, form, in: layer, at: range, budget, type: type)
        case .textBase64:
            var opener = try CarriedDataOpener(bytes)
            try takeParts(from: &opener, form, in: layer, at: range, budget, type: type)
        case .binaryPlist:
            var opener = try BinaryPlistOpener(bytes)
            try takeParts(from: &opener, form, in: layer, at: range, budget, type: type)
        default:
            throw UnpackingError(.method, "no reader of this project opens it")
        }
    }
    /// Opens a PDF. Behind other bytes, it is inspected as a file of its own as well: the engine goes by its header.
    private borrowing func openPDF(
        _ bytes: FileSlice, in layer: WalkedLayer, at range: Range<Int64>, _ budget: ScanBudget,
        type: (CInt, Int64) -> String
    ) throws(UnpackingError) {
        if range.lowerBound > 0 {
            let name = "the PDF from \(range.lowerBound) on"
            guard
                inspect(
                    part: name, of: layer, ContainerForm.pdf.displayName, budget, type: type,
                    { file, limit throws(UnpackingError) in try bytes.copy(0..<bytes.size, into: file, limit: limit) })
            else { return }
        }
        let record = ScanRecord.current
        // Readers may count from the layer's start, and what stands before the header are objects as well.
        var opener = try PDFOpener(layer.bytes, outputLimit: budget.pdfOutput - record.pdfOutput.walked) {
            budget.millisecondsLeft > 0
        }
        defer { record.notePDF(walked: opener.output) }
        try takeParts(from: &opener, .pdf, in: layer, at: range, budget, type: type)
    }
}
