import Domain
import ScanProtocol
import Unpacking

/// The account of every byte. The engine matches a layer's bytes; this walk finds every container in it, takes the
/// parts out, has the engine match those that it has not seen as files of their own, and goes into each of them.
extension Engine {
    borrowing func walk(_ layer: WalkedLayer, _ budget: ScanBudget, type: (CInt, Int64) -> String) {
        do throws(UnpackingError) {
            var isOpened = false
            let found = try LayerSightings.find(
                in: layer.bytes, mimeType: layer.mimeType, engineType: layer.engineType)
            let isStream = found.first.map { $0.range.lowerBound == 0 && StreamOpener.forms.contains($0.form) } ?? false
            for sighting in found {
                // Streams are searched for where nothing else is opened.
                if sighting.mayBePiece, isStream, isOpened { continue }
                // Whatever else a text with a letter or an encoded file in it is remains to be asked.
                if openContainer(sighting, in: layer, budget, type: type), !sighting.form.leavesRest { isOpened = true }
            }
            if !isOpened, found.first(where: { !$0.form.leavesRest })?.range.lowerBound == 0 {
                let carried = try LayerSightings.findBehindFirstByte(of: layer.bytes, engineType: layer.engineType)
                for sighting in carried where openContainer(sighting, in: layer, budget, type: type) {
                    isOpened = true
                }
            }
            if !isOpened { refuse(layer, budget) }
        } catch {
            ScanRecord.current.note(ScanGap(error, in: "a layer", path: layer.path))
        }
    }

    /// Notes a gap if libmagic knows the form of a layer that was not opened and nothing here opens that, or if the
    /// form is unknown and the pipeline refuses that.
    private borrowing func refuse(_ layer: WalkedLayer, _ budget: ScanBudget) {
        let record = ScanRecord.current
        var row =
            Coverage.row(mimeType: layer.mimeType)
            ?? (layer.mimeType.isEmpty ? Coverage.row(engineType: layer.engineType) : nil)
        // A form that is recognised here by more than libmagic asks for, in a text that nothing declares to be bytes.
        if layer.isGuess, !record.isInCutView, let form = row?.form, ContainerForm(rawValue: form) != nil { row = nil }
        if row?.opener != .ours { record.noteForm(row?.form ?? "unknown", opener: row?.opener ?? .leaf) }
        if row == nil || row?.form == "unknown", budget.limits.unknown == .unscannable {
            record.note(ScanGap(.unknownForm, "bytes of no known form\(layer.place)", path: layer.path))
        }
        // The worker asks the rest of the object itself.
        guard layer.level > 0, let row, row.opener == .nobody else { return }
        if row.refusal == "encrypted" {
            record.note(ScanGap(.encrypted, "\(layer.path), \(layer.mimeType)", path: layer.path))
        } else {
            let detail = "\(layer.path): nothing here opens \(layer.mimeType)"
            record.note(ScanGap(.unopened, detail, path: layer.path))
        }
    }

    /// Opens one container in a layer, and inspects its parts.
    ///
    /// - Returns: false if the bytes resemble the form by chance.
    @discardableResult
    borrowing func openContainer(
        _ sighting: Sighting, in layer: WalkedLayer, _ budget: ScanBudget, type: (CInt, Int64) -> String
    ) -> Bool {
        let record = ScanRecord.current
        let form = sighting.form
        if let limit = record.exhaustedLimit {
            record.note(ScanGap(limit, "a \(form.displayName) was not opened: \(layer.path)"))
            return true
        }
        let bytes = layer.bytes[sighting.range]
        let row = Coverage.row(form: form.rawValue)
        record.path = layer.path
        let (isInCutView, outerQuote) = (record.isInCutView, record.quoteLevel)
        defer { (record.isInCutView, record.quoteLevel) = (isInCutView, outerQuote) }
        // `CarriedDataOpener` has judged the quoted file's own form.
        let quoteLevel = outerQuote == layer.level || form.isInspectedWhereCut ? outerQuote : nil
        record.quoteLevel = quoteLevel
        // A ZIP may be several, of which the layer's end cuts one.
        if form != .zip { leaveCutView(form, bytes) }
        if row?.opener == .engine {
            return openByEngine(sighting, in: layer, budget, type: type)
        }
        if form == .pdf, sighting.range.lowerBound > 0, isInArchive(sighting, of: layer) { return false }
        let isCut = form == .zip && (isInCutView || quoteLevel != nil) && !isWholeByItsEnd(form, bytes)
        if isCut || form == .zip && sighting.mayBePiece {
            // Without its directory.
            if isCut { record.notePassedOver() }
            return openLooseEntries(sighting, in: layer, budget, type: type)
        }
        if StreamOpener.forms.contains(form) { return openStream(sighting, in: layer, budget, type: type) }
        if row?.opener == .ours {
            do throws(UnpackingError) {
                try openByOurs(form, bytes, in: layer, at: sighting.range, budget, type: type)
            } catch {
                // Two bytes begin a message, and many texts that nothing declares decode to such.
                if layer.isGuess, form == .openPGP, error.isDamage { return false }
                record.note(ScanGap(error, in: form.displayName, path: layer.path))
            }
            record.noteForm(form.rawValue, opener: .ours)
            return true
        }
        guard form.isSupported else {
            let kind = row?.refusal == "encrypted" ? ScanGap.Kind.encrypted : .unopened
            record.noteForm(form.rawValue, opener: .nobody)
            record.note(ScanGap(kind, "\(form.displayName) is not supported\(layer.place)", path: layer.path))
            return true
        }
        let ranges = form == .zip ? zipArchives(in: sighting.range, of: layer) : [sighting.range]
        for range in ranges {
            (record.isInCutView, record.quoteLevel) = (isInCutView, quoteLevel)
            leaveCutView(form, layer.bytes[range])
            guard openArchive(layer.bytes[range], form, in: layer, at: range, budget, type: type) else { return false }
        }
        record.noteForm(form.rawValue, opener: row?.opener ?? .libarchive)
        return true
    }

    /// Damage of a container is a gap if this has the end by which readers find it, whatever cuts the layer.
    private borrowing func leaveCutView(_ form: ContainerForm, _ bytes: FileSlice) {
        let record = ScanRecord.current
        guard record.isInCutView || record.quoteLevel != nil, isWholeByItsEnd(form, bytes) else { return }
        (record.isInCutView, record.quoteLevel) = (false, nil)
    }

    private borrowing func isWholeByItsEnd(_ form: ContainerForm, _ bytes: FileSlice) -> Bool {
        (try? form.isWholeByItsEnd(bytes)) ?? true
    }

    /// The ZIP archives in a range, the last one first. Readers that go by the end record see only the last of several
    /// archives; others see the first. A self-extractor's program, before the first header, belongs to no archive.
    private borrowing func zipArchives(in range: Range<Int64>, of layer: WalkedLayer) -> [Range<Int64>] {
        var (found, rest): ([Range<Int64>], Range<Int64>) = ([], range)
        while let archive = try? ZipTail.archive(in: layer.bytes[rest]), archive.lowerBound > 0 {
            let start = rest.lowerBound + archive.lowerBound
            found.append(start..<rest.lowerBound + archive.upperBound)
            let mark = try? layer.bytes[rest].bytes(at: 0, count: 4)
            guard mark == [0x50, 0x4B, 3, 4] else { return found }
            rest = rest.lowerBound..<start
            guard found.count < Self.maximumZipArchives else {
                let detail = "more than \(found.count) ZIP archives one behind the other\(layer.place)"
                ScanRecord.current.note(ScanGap(.malformed, detail, path: layer.path))
                return found
            }
        }
        return found + [rest]
    }

    private static let maximumZipArchives = 64

    /// Accounts for a form that only the engine opens. Where the layer begins with it, the engine has seen it; behind
    /// other bytes, it is inspected as a file of its own.
    private borrowing func openByEngine(
        _ sighting: Sighting, in layer: WalkedLayer, _ budget: ScanBudget, type: (CInt, Int64) -> String
    ) -> Bool {
        let form = sighting.form
        let bytes = layer.bytes[sighting.range]
        guard sighting.range.lowerBound > 0 else {
            ScanRecord.current.noteForm(form.rawValue, opener: .engine)
            return true
        }
        let name = "the \(form.displayName) from \(sighting.range.lowerBound) on"
        inspect(part: name, of: layer, form.displayName, budget, type: type) { file, limit throws(UnpackingError) in
            try bytes.copy(0..<bytes.size, into: file, limit: limit)
        }
        ScanRecord.current.noteForm(form.rawValue, opener: .engine)
        return true
    }

    /// Whether a PDF's header stands in the data of an archive's first member: it is that member.
    private borrowing func isInArchive(_ sighting: Sighting, of layer: WalkedLayer) -> Bool {
        guard let head = ContainerForm(descriptor: layer.bytes.descriptor, offset: layer.bytes.start),
            head.isOpened, head != .ole2, !head.hasWeakMagic || layer.engineType.hasSuffix("_TAR")
        else { return false }
        return head != .zip || !isInFirstHeader(sighting.range.lowerBound, of: layer.bytes)
    }

    /// Whether an offset lies in the name or the extra field of a ZIP's first local header.
    private borrowing func isInFirstHeader(_ offset: Int64, of bytes: FileSlice) -> Bool {
        guard let header = try? bytes.bytes(at: 0, count: 30), header.count == 30 else { return true }
        let lengths = [26, 28].map { Int64(header[$0]) | Int64(header[$0 + 1]) << 8 }
        return offset < 30 + lengths[0] + lengths[1]
    }

    private borrowing func openArchive(
        _ bytes: FileSlice, _ form: ContainerForm, in layer: WalkedLayer, at range: Range<Int64>,
        _ budget: ScanBudget, type: (CInt, Int64) -> String
    ) -> Bool {
        let record = ScanRecord.current
        let mayBeChance =
            form.hasWeakMagic
            && (layer.isGuess || !ContainerForm.engineTypesOfWeakForms.contains(layer.engineType))
            && !FormFinder.hasValidHeader(form, in: bytes)
        // One header without a zero may be a stretch of a table of numbers.
        let mayBeTable = mayBeChance && (form == .tar || form == .cpio)
        var isProven = false
        do throws(UnpackingError) {
            let structure = form == .zip ? try checkZip(bytes, layer) : nil
            let gapsBefore = record.gapCount
            let readable = form == .zip ? try ZipStructure.withoutLongComment(bytes) : bytes
            var opener = try ArchiveOpener(readable, form: form, mayBeChance: mayBeTable)
            defer { isProven = opener.isProven && (!mayBeTable || opener.listed > 1) }
            let isWhole = try takeParts(from: &opener, form, in: layer, at: range, budget, type: type)
            for entry in structure?.replaced ?? [] {
                try takeReplaced(entry, of: bytes, in: layer, at: range, budget, type: type)
            }
            if let structure, isWhole, !opener.agrees(with: structure), record.gapCount == gapsBefore,
                !structure.hidesContent
            {
                let detail = "the \(opener.listed) members of a ZIP that can be read are not its \(structure.entries)"
                record.note(ScanGap(.malformed, detail + layer.place, path: layer.path))
            }
        } catch {
            // Arbitrary bytes may begin with a short magic number. It is a container only if a member can be listed,
            // or if the engine takes it for one as well.
            let isChanceCode = error.code == .malformed || error.code == .truncated
            if mayBeChance, !isProven, isChanceCode {
                // Some readers mind no more than its digits, and take what follows for a member.
                guard mayBeTable,
                    let data = try? form == .tar ? TarAccount(bytes).firstData() : CpioHeaders.firstData(bytes)
                else { return false }
                inspect(unaccounted: data, of: layer, at: range, form, budget, type: type)
                return false
            }
            record.note(ScanGap(error, in: form.displayName, path: layer.path))
        }
        return true
    }

    /// Inspects an entry of a ZIP that a later one replaces: readers without the directory see it.
    private borrowing func takeReplaced(
        _ entry: Range<Int64>, of archive: FileSlice, in layer: WalkedLayer, at range: Range<Int64>,
        _ budget: ScanBudget, type: (CInt, Int64) -> String
    ) throws(UnpackingError) {
        var opener = try LooseZipOpener(archive[entry])
        try takeParts(from: &opener, .zip, in: layer, at: range, budget, type: type)
    }

    /// Some readers of ZIP use the directory, others go from header to header. If they could see different files, a
    /// list of members proves nothing.
    private borrowing func checkZip(
        _ bytes: FileSlice, _ layer: WalkedLayer
    ) throws(UnpackingError) -> ZipStructure {
        // Another file before the first entry, such as a program, is a layer that is searched by itself.
        let hasPrefix = try !bytes.bytes(at: 0, count: 2).elementsEqual([0x50, 0x4B])
        let structure = try ZipStructure(
            descriptor: bytes.descriptor, offset: bytes.start, size: bytes.size, hasForeignPrefix: hasPrefix)
        structure.problems.compactMap { ScanGap($0, path: layer.path) }.forEach { ScanRecord.current.note($0) }
        return structure
    }

    /// Inspects every part that an opener takes out, and what it does not account for.
    ///
    /// - Parameters:
    ///   - range: of the container in its layer.
    /// - Returns: false if a limit ended it early.
    @discardableResult
    borrowing func takeParts<Opener: LayerOpener & ~Copyable>(
        from opener: inout Opener, _ form: ContainerForm, in layer: WalkedLayer, at range: Range<Int64>,
        _ budget: ScanBudget, type: (CInt, Int64) -> String
    ) throws(UnpackingError) -> Bool {
        let record = ScanRecord.current
        if let count = opener.partCount, record.walkedFiles + Int64(count) > budget.files {
            record.note(
                ScanGap(.tooManyFiles, "\(count) parts of a \(form.displayName)\(layer.place)", path: layer.path))
            return false
        }
        var stored: Int64 = 0
        while let part = try opener.next() {
            guard budget.millisecondsLeft > 0 else {
                record.note(ScanGap(.outOfTime, "while a \(form.displayName) was read\(layer.place)", path: layer.path))
                return false
            }
            if part.isEncrypted {
                // `ZipStructure` has reported it.
                if form != .zip {
                    record.note(
                        ScanGap(
                            .encrypted, "\(part.name) in a \(form.displayName)\(layer.place)",
                            path: layer.path(of: part.name)))
                }
                continue
            }
            let name = part.name.isEmpty ? "the stream" : part.name
            let quoteLevel = record.quoteLevel
            record.isGuess = part.isGuess
            if part.use == .quote { record.quoteLevel = layer.level + 1 }
            defer { (record.isGuess, record.quoteLevel) = (false, quoteLevel) }
            let canGoOn = inspect(part: name, of: layer, form.displayName, use: part.use, budget, type: type) {
                file, limit throws(UnpackingError) in
                let size = try opener.unpack(into: file, limit: limit)
                if opener.isStored { stored += size }
                return size
            }
            guard canGoOn else { return false }
            let most = ScanBudget.storedRatio * Int64(range.count)
            if stored > most {
                record.noteShared(bytes: stored - most)
                stored = most
            }
            guard record.sharedBytes <= budget.sharedBytes else {
                let detail = "parts share their bytes: \(form.displayName)\(layer.place)"
                record.note(ScanGap(.malformed, detail, path: layer.path))
                return false
            }
        }
        guard inspect(unaccounted: opener.unaccounted, of: layer, at: range, form, budget, type: type) else {
            return false
        }
        if layer.level == 0 { record.facts.isListed = true }
        return true
    }

    /// Inspects what a container does not account for.
    ///
    /// - Parameters:
    ///   - unaccounted: counted from the container's start.
    ///   - range: of the container in its layer.
    /// - Returns: false if a limit ended it early.
    @discardableResult
    borrowing func inspect(
        unaccounted: [Range<Int64>], of layer: WalkedLayer, at range: Range<Int64>, _ form: ContainerForm,
        _ budget: ScanBudget, type: (CInt, Int64) -> String
    ) -> Bool {
        for rest in unaccounted where rest.count >= Int(EngineLimits.shortestFile) {
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
}

extension WalkedLayer {
    /// For people, behind a text: where the layer is. Empty for the object.
    var place: String { path.isEmpty ? "" : ", in \(path)" }
}
