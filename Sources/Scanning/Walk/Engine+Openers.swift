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
        case .carriedStreams: try take(CarriedStreams(bytes), form, layer, range, budget, type)
        case .pngText: try take(PNGTextOpener(bytes), form, layer, range, budget, type)
        case .wideText: try take(WideTextOpener(bytes), form, layer, range, budget, type)
        case .compressedRTF: try take(CompressedRTFOpener(bytes), form, layer, range, budget, type)
        case .markupText: try take(MarkupTextOpener(bytes), form, layer, range, budget, type)
        case .zisofs: try take(ZisofsOpener(bytes), form, layer, range, budget, type)
        case .rpm: try take(RpmOpener(bytes), form, layer, range, budget, type)
        case .openPGP: try take(OpenPGPOpener(bytes), form, layer, range, budget, type)
        case .pgpArmor: try take(ArmorOpener(bytes), form, layer, range, budget, type)
        case .ole2: try take(OLE2Opener(bytes), form, layer, range, budget, type)
        case .powerPointObject: try take(PowerPointObjects(bytes), form, layer, range, budget, type)
        case .workbookRecords: try take(WorkbookRecords(bytes), form, layer, range, budget, type)
        case .rtf: try take(RTFOpener(bytes), form, layer, range, budget, type)
        case .textBase64: try take(CarriedDataOpener(bytes), form, layer, range, budget, type)
        case .binaryPlist: try take(BinaryPlistOpener(bytes), form, layer, range, budget, type)
        default: try openCarrier(form, bytes, in: layer, at: range, budget, type: type)
        }
    }

    /// Opens a layer that carries files beside what it is for.
    private borrowing func openCarrier(
        _ form: ContainerForm, _ bytes: FileSlice, in layer: WalkedLayer, at range: Range<Int64>,
        _ budget: ScanBudget, type: (CInt, Int64) -> String
    ) throws(UnpackingError) {
        switch form {
        case .asar: try take(AsarOpener(bytes), form, layer, range, budget, type)
        case .matroskaAttachments: try take(MatroskaAttachments(bytes), form, layer, range, budget, type)
        case .matroskaTracks: try take(MatroskaTracks(bytes), form, layer, range, budget, type)
        case .isoMedia: try take(ISOMediaItems(bytes), form, layer, range, budget, type)
        case .id3: try take(ID3Objects(bytes), form, layer, range, budget, type)
        case .apeTag: try take(APEItems(layer.bytes, at: range.lowerBound), form, layer, range, budget, type)
        case .flac: try take(FLACPictures(bytes), form, layer, range, budget, type)
        case .ogg: try take(OggPictures(bytes), form, layer, range, budget, type)
        case .webFont: try take(WebFont(bytes), form, layer, range, budget, type)
        case .flash where try bytes.bytes(at: 0, count: 1) == [0x46]:
            try take(FlashTags(bytes), form, layer, range, budget, type)
        case .flash: try take(FlashOpener(bytes), form, layer, range, budget, type)
        case .flashVideo: try take(FlashVideo(bytes), form, layer, range, budget, type)
        case .thermalRecords: try take(ThermalRecords(bytes), form, layer, range, budget, type)
        case .wasmSections: try take(WasmSections(bytes), form, layer, range, budget, type)
        case .lzma86: try take(LZMA86Opener(bytes), form, layer, range, budget, type)
        case .icon: try take(IconImages(bytes), form, layer, range, budget, type)
        case .peResources: try take(PEResources(bytes), form, layer, range, budget, type)
        case .elfSections: try take(ELFSections(bytes), form, layer, range, budget, type)
        case .subversionDump: try take(SubversionDump(bytes), form, layer, range, budget, type)
        case .subversionRevision:
            try take(SubversionRevision(layer.bytes, at: range.lowerBound), form, layer, range, budget, type)
        case .revisionTexts: try take(RevisionTexts(bytes), form, layer, range, budget, type)
        case .pyInstaller:
            try take(PyInstallerOpener(layer.bytes, at: range.lowerBound), form, layer, range, budget, type)
        case .riff: try take(RIFFFiles(bytes), form, layer, range, budget, type)
        case .asf: try take(ASFAttributes(bytes), form, layer, range, budget, type)
        case .photoshop:
            try take(PhotoshopObjects(layer.bytes, at: range.lowerBound), form, layer, range, budget, type)
        case .photoshopResources: try take(PhotoshopResources(bytes), form, layer, range, budget, type)
        case .jpegSegments: try take(JPEGSegments(bytes), form, layer, range, budget, type)
        case .tiffEntries: try take(TIFFEntries(bytes), form, layer, range, budget, type)
        case .gifExtensions: try take(GIFExtensions(bytes), form, layer, range, budget, type)
        case .xmp: try take(XMPPacket(bytes), form, layer, range, budget, type)
        case .dosPostScript: try take(DOSPostScript(bytes), form, layer, range, budget, type)
        case .universalBinary: try take(UniversalBinary(bytes), form, layer, range, budget, type)
        case .firmware: try take(FirmwareImages(bytes), form, layer, range, budget, type)
        case .bootImage: try take(BootImageOpener(bytes), form, layer, range, budget, type)
        case .palmDatabase: try take(PalmDatabase(bytes), form, layer, range, budget, type)
        case .gResource: try take(GResourceOpener(bytes), form, layer, range, budget, type)
        case .dicomDocument: try take(DICOMDocument(bytes), form, layer, range, budget, type)
        case .deflatedDICOM: try take(DeflatedDICOM(bytes), form, layer, range, budget, type)
        case .http: try take(HTTPMessages(bytes), form, layer, range, budget, type)
        case .writtenBytes: try take(WrittenBytesOpener(bytes), form, layer, range, budget, type)
        case .textPatch: try take(TextPatch(bytes), form, layer, range, budget, type)
        case .gitPatch: try take(GitPatchOpener(bytes), form, layer, range, budget, type)
        case .gitExport: try take(GitExportOpener(bytes), form, layer, range, budget, type)
        case .gitObject: try take(GitObjectOpener(bytes), form, layer, range, budget, type)
        case .hereDocuments: try take(HereDocuments(bytes), form, layer, range, budget, type)
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
            // These are the same bytes from their header on: a quote is one as before.
            let quoteLevel = ScanRecord.current.quoteLevel
            if quoteLevel == layer.level { ScanRecord.current.quoteLevel = layer.level + 1 }
            defer { ScanRecord.current.quoteLevel = quoteLevel }
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
