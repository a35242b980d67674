extension ContainerForm {
    /// Whether all that readers take out of a file of this form that ends too early is inspected. Readers of archives
    /// find more behind damage.
    package var isInspectedWhereCut: Bool { StreamOpener.forms.contains(self) || self == .zlib || self == .pdf }

    /// Whether a file of this form has its end, by which readers find the rest of it: a file that was cut off has none.
    /// False for forms that are read from their beginning.
    ///
    /// The record of a ZIP that stands within another one, stored, does not count: its offset is not the layer's.
    package func isWholeByItsEnd(_ layer: FileSlice) throws(UnpackingError) -> Bool {
        switch self {
        case .dmg: return try FormFinder.isDiskImage(layer)
        case .vhd: return try FormFinder.endsAsVHD(layer)
        case .zip:
            let start = max(0, layer.size - Int64(ZipEnd.reach))
            for place in ZipEnd.places(in: try layer.bytes(at: start, count: ZipEnd.reach)) {
                guard let end = try ZipEnd(at: start + Int64(place), reading: layer.bytes) else { continue }
                if end.end == layer.size { return true }
                if try end.pointsToDirectory(reading: layer.bytes) { return true }
            }
            return false
        default: return false
        }
    }
}
