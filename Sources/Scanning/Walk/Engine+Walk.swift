import Domain
import ScanProtocol
import Unpacking

/// The account of every byte. The engine matches a layer's bytes; this walk finds every container in it, takes the
/// parts out, has the engine match those that it has not seen as files of their own, and goes into each of them.
extension Engine {
    borrowing func walk(_ layer: WalkedLayer, _ budget: ScanBudget, type: (CInt, Int64) -> String) {
        do throws(UnpackingError) {
            let first = LayerSightings.first(in: layer.bytes)
            var isOpened = false
            if let first { isOpened = openContainer(first, in: layer, budget, type: type) }
            if let first, isOpened, !first.form.hasUnknownEnd { return }
            for sighting in try LayerSightings.carried(by: layer.bytes) where sighting != first {
                if openContainer(sighting, in: layer, budget, type: type) { isOpened = true }
            }
            if !isOpened { refuse(layer) }
        } catch {
            ScanRecord.current.note(ScanGap(error, in: "a layer", member: layer.path))
        }
    }

    /// Notes a gap if libmagic knows a layer's form, and nothing here opens that.
    private borrowing func refuse(_ layer: WalkedLayer) {
        // The worker asks this of the object itself.
        guard layer.level > 0 else { return }
        if ContainerTypes.encrypted.contains(layer.mimeType) {
            ScanRecord.current.note(ScanGap(.encrypted, "\(layer.path), \(layer.mimeType)"))
        } else if ContainerTypes.unopened.contains(layer.mimeType) {
            ScanRecord.current.note(ScanGap(.unopened, "\(layer.path): nothing here opens \(layer.mimeType)"))
        }
    }

    /// Opens one container in a layer, and inspects its parts.
    ///
    /// - Returns: false if the bytes resemble the form by chance.
    @discardableResult
    borrowing func openContainer(
        _ sighting: ContainerSighting, in layer: WalkedLayer, _ budget: ScanBudget, type: (CInt, Int64) -> String
    ) -> Bool {
        let record = ScanRecord.current
        let form = sighting.form
        if let limit = record.exhaustedLimit {
            record.note(ScanGap(limit, "a \(form.displayName) was not opened: \(layer.path)"))
            return true
        }
        let bytes = layer.bytes[sighting.range]
        let gapsBefore = record.gapCount
        switch form {
        case .arj where sighting.range == 0..<layer.bytes.size:
            // Its members were compared when the engine left it.
            inspectTrailing(ofARJ: layer, budget, type: type)
            return true
        case .warc:
            var opener = WarcOpener(bytes)
            do throws(UnpackingError) {
                try takeParts(from: &opener, form, in: layer, at: sighting.range, budget, type: type)
            } catch {
                record.note(ScanGap(error, in: form.displayName, member: layer.path))
            }
        default:
            guard form.isSupported else {
                record.note(ScanGap(.unopened, "\(form.displayName) is not supported\(layer.place)"))
                return true
            }
            guard openArchive(bytes, form, in: layer, at: sighting.range, budget, type: type) else { return false }
        }
        if layer.level == 0, record.gapCount == gapsBefore { record.facts.isListed = true }
        return true
    }

    private borrowing func openArchive(
        _ bytes: FileSlice, _ form: ContainerForm, in layer: WalkedLayer, at range: Range<Int64>,
        _ budget: ScanBudget, type: (CInt, Int64) -> String
    ) -> Bool {
        let record = ScanRecord.current
        let mayBeChance = form.hasWeakMagic && !ContainerForm.engineTypesOfWeakForms.contains(layer.engineType)
        var isProven = false
        do throws(UnpackingError) {
            let structure = form == .zip ? try checkZip(bytes, layer) : nil
            let gapsBefore = record.gapCount
            var opener = try ArchiveOpener(bytes, form: form)
            defer { isProven = opener.isProven }
            let isWhole = try takeParts(
                from: &opener, form, in: layer, at: range, mayBeChance: mayBeChance, budget, type: type)
            if mayBeChance, !opener.isProven, form.isSingleStream { return false }
            if let structure, isWhole, opener.listed != structure.entries, record.gapCount == gapsBefore,
                !structure.hidesContent
            {
                record.note(
                    ScanGap(
                        .malformed,
                        "a ZIP lists \(structure.entries) members, and \(opener.listed) can be read\(layer.place)"))
            }
        } catch {
            // Arbitrary bytes may begin with a short magic number. It is a container only if a member can be listed,
            // or if the engine takes it for one as well.
            let isChanceCode = error.code == .malformed || error.code == .truncated
            if mayBeChance, !isProven, isChanceCode { return false }
            record.note(ScanGap(error, in: form.displayName, member: layer.path))
        }
        return true
    }

    /// Some readers of ZIP use the directory, others go from header to header. If they could see different files, a
    /// list of members proves nothing.
    private borrowing func checkZip(
        _ bytes: FileSlice, _ layer: WalkedLayer
    ) throws(UnpackingError) -> ZipStructure {
        let structure = try ZipStructure(descriptor: bytes.descriptor, offset: bytes.start, size: bytes.size)
        structure.problems.compactMap(ScanGap.init).forEach { ScanRecord.current.note($0) }
        return structure
    }

    /// Inspects every part that an opener takes out, and what it does not account for.
    ///
    /// - Parameters:
    ///   - range: of the container in its layer.
    ///   - mayBeChance: whether an error before the first unpacked byte is left to the caller.
    /// - Returns: false if a limit ended it early.
    @discardableResult
    borrowing func takeParts<Opener: LayerOpener & ~Copyable>(
        from opener: inout Opener, _ form: ContainerForm, in layer: WalkedLayer, at range: Range<Int64>,
        mayBeChance: Bool = false, _ budget: ScanBudget, type: (CInt, Int64) -> String
    ) throws(UnpackingError) -> Bool {
        let record = ScanRecord.current
        while let part = try opener.next() {
            guard budget.millisecondsLeft > 0 else {
                record.note(ScanGap(.outOfTime, "while a \(form.displayName) was read\(layer.place)"))
                return false
            }
            if part.isEncrypted {
                // `ZipStructure` has reported it.
                if form != .zip {
                    record.note(ScanGap(.encrypted, "\(part.name) in a \(form.displayName)\(layer.place)"))
                }
                continue
            }
            let name = part.name.isEmpty ? "the stream" : part.name
            var chance: UnpackingError?
            let canGoOn = inspect(part: name, of: layer, form.displayName, budget, type: type) {
                file, limit throws(UnpackingError) in
                do throws(UnpackingError) {
                    return try opener.unpack(into: file, limit: limit)
                } catch {
                    guard mayBeChance, form.isSingleStream, fileLength(of: file) == 0 else { throw error }
                    chance = error
                    return 0
                }
            }
            if let chance { throw chance }
            guard canGoOn else { return false }
        }
        for rest in opener.unaccounted where rest.count >= Int(EngineLimits.shortestFile) {
            let start = range.lowerBound + rest.lowerBound
            let bytes = layer.bytes[start..<range.lowerBound + rest.upperBound]
            let name = "the bytes from \(start) on"
            guard
                inspect(
                    part: name, of: layer, form.displayName, budget, type: type,
                    { file, limit throws(UnpackingError) in
                        try bytes.copy(0..<bytes.size, into: file, limit: limit)
                    })
            else { return false }
        }
        return true
    }

    private borrowing func inspectTrailing(
        ofARJ layer: WalkedLayer, _ budget: ScanBudget, type: (CInt, Int64) -> String
    ) {
        let bytes = layer.bytes
        do throws(UnpackingError) {
            var headers = try ArjHeaders(descriptor: bytes.descriptor, offset: bytes.start, size: bytes.size)
            while try headers.next() != nil {}
            let count = try headers.trailingBytes()
            guard count > 0 else { return }
            inspect(part: "the bytes after its end", of: layer, "ARJ", budget, type: type) {
                file, limit throws(UnpackingError) in
                try bytes.copy(bytes.size - count..<bytes.size, into: file, limit: limit)
            }
        } catch {
            ScanRecord.current.note(ScanGap(error, in: .arj))
        }
    }
}

extension WalkedLayer {
    /// For people, behind a text: where the layer is. Empty for the object.
    var place: String { path.isEmpty ? "" : ", in \(path)" }
}
