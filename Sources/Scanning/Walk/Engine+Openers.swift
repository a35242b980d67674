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
        default:
            throw UnpackingError(.method, "no reader of this project opens it")
        }
    }
}
