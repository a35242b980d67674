import ScanProtocol
import Unpacking

extension Engine {
    /// Inspects what a compressed stream decodes to, and the bytes behind it.
    ///
    /// Damage is a gap, but where the bytes may be a stream by chance, or a piece of one: then what a reader gets
    /// out of it are the bytes up to the damage, and those are inspected. What follows a stream that a search found is
    /// searched with the layer that it stands in.
    ///
    /// - Returns: false if nothing decodes and the bytes may resemble the form by chance.
    borrowing func openStream(
        _ sighting: Sighting, in layer: WalkedLayer, _ budget: ScanBudget, type: (CInt, Int64) -> String
    ) -> Bool {
        let (form, record) = (sighting.form, ScanRecord.current)
        let bytes = layer.bytes[sighting.range]
        var (isChance, isDamaged) = (false, false)
        do throws(UnpackingError) {
            let mayBeChance = sighting.mayBePiece ? true : try form.mayBeChance(bytes)
            var opener = try StreamOpener(bytes, form: form)
            let place = sighting.range.lowerBound
            var canGoOn = true
            while canGoOn, !isDamaged, let part = try opener.next() {
                let isOuterCut = record.isInCutView
                defer { (record.isInCutView, record.isGuess) = (isOuterCut, false) }
                if opener.isFirstOfSeveral { (record.isInCutView, record.isGuess) = (true, true) }
                let name = place == 0 ? part.name : "\(part.name) (\(form.displayName)) from \(place) on"
                canGoOn = inspect(part: name, of: layer, form.displayName, budget, type: type) {
                    file, limit throws(UnpackingError) in
                    do throws(UnpackingError) {
                        return try opener.unpack(into: file, limit: limit)
                    } catch {
                        isDamaged = true
                        guard mayBeChance, error.isDamage, let decoded = fileLength(of: file) else { throw error }
                        isChance = true
                        return decoded
                    }
                }
            }
            // What decoded was inspected. Bytes that only resemble a stream may be of another form.
            guard !isChance else { return sighting.mayBePiece }
            record.noteForm(form.rawValue, opener: .ours)
            guard canGoOn, !isDamaged, !sighting.mayBePiece else { return true }
            inspect(unaccounted: opener.unaccounted, of: layer, at: sighting.range, form, budget, type: type)
            if layer.level == 0 { record.facts.isListed = true }
        } catch {
            if sighting.mayBePiece, error.isDamage { return false }
            record.note(ScanGap(error, in: form.displayName, path: layer.path))
        }
        return true
    }
}

extension Engine {
    /// Inspects the entries of a ZIP that has no directory, behind other bytes. What decodes before damage is what a
    /// reader gets, and a piece of a ZIP is no gap.
    borrowing func openLooseEntries(
        _ sighting: Sighting, in layer: WalkedLayer, _ budget: ScanBudget, type: (CInt, Int64) -> String
    ) -> Bool {
        do throws(UnpackingError) {
            var opener = try LooseZipOpener(layer.bytes[sighting.range])
            try takeParts(from: &opener, .zip, in: layer, at: sighting.range, budget, type: type)
            ScanRecord.current.noteForm(ContainerForm.zip.rawValue, opener: .libarchive)
            return true
        } catch {
            if error.isDamage { return false }
            ScanRecord.current.note(ScanGap(error, in: ContainerForm.zip.displayName, path: layer.path))
        }
        return true
    }
}

extension ContainerForm {
    /// Whether bytes with this form's magic number may be no stream at all. That of .lzma is a property byte, a
    /// dictionary's size and zeros; with the properties and the dictionaries of nearly all encoders it is none of
    /// chance.
    fileprivate func mayBeChance(_ bytes: FileSlice) throws(UnpackingError) -> Bool {
        switch self {
        case .lzma: try !StreamOpener.isCommonLZMA(bytes)
        case .gzip: try bytes.bytes(at: 2, count: 2).first != 8
        // The mark of a first block, or that of an empty stream's end, follows the magic number.
        case .bzip2: try ![0x31, 0x17].contains(bytes.bytes(at: 4, count: 1).first)
        default: false
        }
    }
}
