internal import Digest

/// The streams of an OLE2 file, what they carry in turn, and the sectors that belong to no stream.
///
/// Each stream is a part, also one that no storage names. Further parts: the files of OLE 1 objects, the source text of
/// macros, the decompressed streams of Hangul documents, and an encrypted document that Excel opens without asking.
package struct OLE2Opener: LayerOpener {
    private struct Pending {
        let part: LayerPart
        let content: Content
    }

    private enum Content {
        case bytes(ScatteredSlice, Range<Int64>)
        case deflated(ScatteredSlice)
        case source(ScatteredSlice, from: Int64)
        case package(ScatteredSlice, OfficePackage)
        case encrypted
    }

    /// Entries with the same name, first sector and size are one stream. The name decides what a stream carries.
    private struct Place: Hashable {
        let name: String
        let start: UInt32
        let size: Int64
        let isSmall: Bool
    }

    private var file: OLE2File
    private let entries: [OLE2Directory.Entry]
    private var index = 0
    private var pending: [Pending] = []
    private var current: Pending?
    private var seen: Set<Place> = []
    /// The hashes of the short streams: a message has thousands of them, most of them equal.
    private var shortStreams: Set<[UInt8]> = []
    private var isDone = false
    /// What kept the file from being read whole. It is reported at the end: the other streams may be intact.
    private var fault: UnpackingError?
    private var modules: [String: [Int64]] = [:]
    private var isHangul = false
    private var isEncrypted = false

    /// The engine and the walk take no shorter file.
    private static let shortest: Int64 = 6
    private static let shortLength: Int64 = 4096
    /// The streams of a Hangul document that are compressed, by the start of their names.
    private static let packedNames = ["bin", "section", "docinfo", "jscript", "defaultjscript"]

    package init(_ layer: FileSlice) throws(UnpackingError) {
        file = try OLE2File(layer)
        let directory = try OLE2Directory(of: &file)
        entries = directory.entries
        note(directory.end, "the directory")
        note(try file.openSmallStream(from: directory.smallStreamStart), "the small streams")
        if file.isTableCut { note(.cut, "the allocation table") }
        for entry in entries where entry.name.lowercased() == "dir" {
            for found in try VBASource.modules(in: stream(of: entry, isSmall: isSmall(entry)).0) {
                modules[found.stream, default: []].append(found.offset)
            }
        }
        for entry in entries where entry.name == "FileHeader" {
            let head = try stream(of: entry, isSmall: isSmall(entry)).0.bytes(at: 0, count: 40)
            isHangul = head.starts(with: Array("HWP Document File".utf8)) && head.number(4, at: 36) & 1 == 1
        }
    }

    package var unaccounted: [Range<Int64>] { [] }

    /// What a stream carries is a part besides the stream.
    package var isStored: Bool {
        if case .bytes(let stream, let range) = current?.content { range.count == stream.size } else { false }
    }

    package mutating func next() throws(UnpackingError) -> LayerPart? {
        while pending.isEmpty, index < entries.count {
            let entry = entries[index]
            index += 1
            try take(entry)
        }
        if pending.isEmpty, !isDone {
            isDone = true
            try takeRest()
        }
        current = pending.isEmpty ? nil : pending.removeFirst()
        if current == nil, let fault { throw fault }
        return current?.part
    }

    package mutating func unpack(into scratch: CInt, limit: Int64) throws(UnpackingError) -> Int64 {
        switch current?.content {
        case .bytes(let stream, let range): return try stream.copy(range, into: scratch, limit: limit)
        case .deflated(let stream):
            return try stream.inflate(.raw, from: 0, into: scratch, limit: limit).size
        case .source(let stream, let start):
            var written: Int64 = 0
            try VBASource.decode(stream, from: start) { text throws(UnpackingError) in
                guard written + Int64(text.count) <= limit else {
                    throw UnpackingError(.tooLarge, "more than \(limit) bytes")
                }
                try writeScratch(text[...], to: scratch, at: written)
                written += Int64(text.count)
                return true
            }
            return written
        case .package(let stream, let package): return try package.decrypt(stream, into: scratch, limit: limit)
        case .encrypted, nil: return 0
        }
    }

    private mutating func note(_ end: OLE2File.ChainEnd, _ name: String) {
        guard fault == nil else { return }
        switch end {
        case .whole: break
        case .cut: fault = UnpackingError(.truncated, "\(name): a sector beyond the end of the file")
        case .cyclic: fault = UnpackingError(.malformed, "\(name): a chain of sectors that returns to itself")
        }
    }

    private func isSmall(_ entry: OLE2Directory.Entry) -> Bool { entry.size < file.cutoff }

    private mutating func stream(
        of entry: OLE2Directory.Entry, isSmall: Bool
    ) throws(UnpackingError) -> (ScatteredSlice, OLE2File.ChainEnd) {
        isSmall
            ? try file.smallChain(from: entry.start, size: entry.size)
            : try file.chain(from: entry.start, size: entry.size)
    }

    private mutating func take(_ entry: OLE2Directory.Entry) throws(UnpackingError) {
        guard entry.size > 0 else { return }
        // Some readers go by the header's bound between small and other streams, others by the usual one.
        let kinds = Set([isSmall(entry), entry.size < OLE2File.usualCutoff])
        for isSmall in kinds {
            guard
                seen.insert(Place(name: entry.name, start: entry.start, size: entry.size, isSmall: isSmall))
                    .inserted
            else { continue }
            let (stream, end) = try stream(of: entry, isSmall: isSmall)
            if kinds.count == 1 { note(end, printable(Array(entry.name.utf8))) }
            guard stream.size >= Self.shortest else { continue }
            if try isNew(stream) { add(entry.name, stream, 0..<stream.size) }
            try takeCarried(by: stream, of: entry)
        }
    }

    /// Whether a stream is no copy of a short one.
    private mutating func isNew(_ stream: ScatteredSlice) throws(UnpackingError) -> Bool {
        guard stream.size < Self.shortLength else { return true }
        return shortStreams.insert(SHA256.hash(try stream.bytes(at: 0, count: Int(stream.size)))).inserted
    }

    private mutating func add(_ name: String, _ stream: ScatteredSlice, _ range: Range<Int64>) {
        pending.append(
            Pending(part: LayerPart(name, size: Int64(range.count)), content: .bytes(stream, range)))
    }

    /// What a stream carries beyond its bytes.
    private mutating func takeCarried(
        by stream: ScatteredSlice, of entry: OLE2Directory.Entry
    ) throws(UnpackingError) {
        let name = entry.name.lowercased()
        if !isEncrypted, try OLE2Encryption.isDeclared(by: stream, name: entry.name) { addEncrypted() }
        if name.hasSuffix("ole10native") {
            let size = stream.size - 4
            let length = Int64(try stream.bytes(at: 0, count: 4).number(4, at: 0))
            if length > 0, size > 0 { add("\(entry.name)/data", stream, 4..<4 + min(size, length)) }
            let found = try OLEPackage.file(in: size) { offset, count throws(UnpackingError) in
                try stream.bytes(at: 4 + offset, count: count)
            }
            if let found {
                let label = String(decoding: found.name, as: UTF8.self)
                add("\(entry.name)/\(label)", stream, 4 + found.range.lowerBound..<4 + found.range.upperBound)
            }
        }
        for offset in modules[name] ?? [] where offset < stream.size {
            pending.append(
                Pending(part: LayerPart("\(entry.name)/source"), content: .source(stream, from: offset)))
        }
        if isHangul, Self.packedNames.contains(where: { name.hasPrefix($0) }),
            ZlibStream.prefix(of: try stream.bytes(at: 0, count: 4096), .raw, count: 16)?.isEmpty == false
        {
            pending.append(Pending(part: LayerPart("\(entry.name)/decoded"), content: .deflated(stream)))
        }
    }

    private mutating func addEncrypted() {
        isEncrypted = true
        pending.append(
            Pending(part: LayerPart("the document", isEncrypted: true), content: .encrypted))
    }

    /// An encrypted package, and the sectors of no stream.
    private mutating func takeRest() throws(UnpackingError) {
        let packages = entries.filter { $0.name == OLE2Encryption.packageName }
        let infos = entries.filter { $0.name == OLE2Encryption.informationName }
        if packages.count == 1, infos.count == 1,
            let package = OfficePackage(
                info: try stream(of: infos[0], isSmall: isSmall(infos[0])).0.bytes(at: 0, count: 1 << 16))
        {
            let content = Content.package(try stream(of: packages[0], isSmall: isSmall(packages[0])).0, package)
            pending.append(Pending(part: LayerPart("the decrypted document"), content: content))
        } else if !isEncrypted, try OLE2Encryption.hasPackageEntry(file.layer) {
            addEncrypted()
        }
        let rest = try file.unusedSectors()
        guard try rest.hasContent() else { return }
        add("the sectors of no stream", rest, 0..<rest.size)
    }
}
