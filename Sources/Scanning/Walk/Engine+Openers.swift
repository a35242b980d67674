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
        case .pdf: try openPDF(bytes, in: layer, at: range, budget, type: type)
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
