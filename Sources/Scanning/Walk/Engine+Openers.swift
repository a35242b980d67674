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
            var opener = try EncodedTextOpener(bytes)
            try takeParts(from: &opener, form, in: layer, at: range, budget, type: type)
        case .binaryPlist:
            var opener = try BinaryPlistOpener(bytes)
            try takeParts(from: &opener, form, in: layer, at: range, budget, type: type)
        default:
            throw UnpackingError(.method, "no reader of this project opens it")
        }
    }
}
