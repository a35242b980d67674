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
        case .warc: try take(WarcOpener(bytes), form, layer, range, budget, type)
        case .brotli: try take(BrotliOpener(bytes), form, layer, range, budget, type)
        case .mail:
            var opener = try MailOpener(bytes, isFound: range.lowerBound > 0)
            // The engine's own reader of mail has gone through all of a letter with the letter.
            ScanRecord.current.lettersAround += 1
            defer { ScanRecord.current.lettersAround -= 1 }
            try takeParts(from: &opener, form, in: layer, at: range, budget, type: type)
        case .tnef: try take(TNEFOpener(bytes), form, layer, range, budget, type)
        case .cms: try take(CMSOpener(bytes), form, layer, range, budget, type)
        case .activeMime: try take(ActiveMimeOpener(bytes), form, layer, range, budget, type)
        case .uuencode, .yEnc, .binHex, .base64:
            try take(
                EncodedTextOpener(bytes, in: 0..<bytes.size, form: form), form, layer, range, budget, type)
        case .dmg: try take(UDIFOpener(bytes), form, layer, range, budget, type)
        case .hfs: try take(HFSPlusOpener(bytes), form, layer, range, budget, type)
        case .oneNote: try take(OneNoteOpener(bytes), form, layer, range, budget, type)
        case .udf: try take(UDFOpener(bytes), form, layer, range, budget, type)
        case .arj: try take(ARJOpener(bytes), form, layer, range, budget, type)
        case .nsis: try take(NSISOpener(layer.bytes, in: range), form, layer, range, budget, type)
        case .zlib: try take(ZlibOpener(bytes, mayBePiece: layer.isGuess), form, layer, range, budget, type)
        case .pdf: try openPDF(bytes, in: layer, at: range, budget, type: type)
        case .macForks: try take(MacForksOpener(bytes), form, layer, range, budget, type)
        case .phar: try take(PharOpener(bytes), form, layer, range, budget, type)
        case .hexRecords: try take(HexRecordsOpener(bytes), form, layer, range, budget, type)
        case .pngText: try take(PNGTextOpener(bytes), form, layer, range, budget, type)
        case .wideText: try take(WideTextOpener(bytes), form, layer, range, budget, type)
        case .zisofs: try take(ZisofsOpener(bytes), form, layer, range, budget, type)
        case .rpm: try take(RpmOpener(bytes), form, layer, range, budget, type)
        case .openPGP: try take(OpenPGPOpener(bytes), form, layer, range, budget, type)
        case .pgpArmor: try take(ArmorOpener(bytes), form, layer, range, budget, type)
        case .ole2: try take(OLE2Opener(bytes), form, layer, range, budget, type)
        case .powerPointObject: try take(PowerPointObjects(bytes), form, layer, range, budget, type)
        case .rtf: try take(RTFOpener(bytes), form, layer, range, budget, type)
        case .textBase64: try take(CarriedDataOpener(bytes), form, layer, range, budget, type)
        case .binaryPlist: try take(BinaryPlistOpener(bytes), form, layer, range, budget, type)
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

    private borrowing func take<Opener: LayerOpener & ~Copyable>(
        _ opener: consuming Opener, _ form: ContainerForm, _ layer: WalkedLayer, _ range: Range<Int64>,
        _ budget: ScanBudget, _ type: (CInt, Int64) -> String
    ) throws(UnpackingError) {
        var opener = opener
        try takeParts(from: &opener, form, in: layer, at: range, budget, type: type)
    }
}
