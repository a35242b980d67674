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
        case .rpm:
            var opener = try RpmOpener(bytes)
            try takeParts(from: &opener, form, in: layer, at: range, budget, type: type)
        default:
            throw UnpackingError(.method, "no reader of this project opens it")
        }
    }
}
