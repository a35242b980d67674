internal import CExpat

/// The bytes of a xar archive that belong to no member, by its table of contents: libarchive passes them over.
struct XarAccount {
    private static let tableLimit: Int64 = 16 << 20
    private static let longestHeader = 4096
    private static let maximumFiles = 200_000

    private let layer: FileSlice

    init(_ layer: FileSlice) { self.layer = layer }

    /// Returns the stretches of the heap that are no member's data: all of it if the table is not as expected.
    ///
    /// - Parameter delivered: the number of members of which libarchive gave bytes.
    func unread(delivered: Int) throws(UnpackingError) -> [Range<Int64>] {
        let header = try layer.bytes(at: 0, count: 28)
        guard header.count == 28 else { return [] }
        let length = Int64(header.bigNumber(2, at: 4))
        let packed = Int64(clamping: header.bigNumber(8, at: 8))
        guard length <= Self.longestHeader, packed <= layer.size - length else {
            throw UnpackingError(.malformed, "the table of contents is longer than the archive")
        }
        let heap = length + packed
        guard let state = table(layer[length..<heap]), state.files.filter({ $0.length > 0 }).count == delivered else {
            return [heap..<layer.size]
        }
        var (end, rests): (Int64, [Range<Int64>]) = (heap, [])
        let limit = layer.size - heap
        for file in (state.files + state.sums).sorted(by: { $0.offset < $1.offset })
        where file.offset <= limit && file.length <= limit - file.offset {
            let start = heap + file.offset
            if start > end { rests.append(end..<start) }
            end = max(end, start + file.length)
        }
        return end < layer.size ? rests + [end..<layer.size] : rests
    }

    private func table(_ packed: FileSlice) -> XarTable? {
        var text: [UInt8] = []
        do throws(UnpackingError) {
            _ = try packed.inflate(.zlib, limit: Self.tableLimit) { bytes, _ in text += bytes }
        } catch {
            return nil
        }
        let state = XarTable(limit: Self.maximumFiles)
        return state.parse(text) ? state : nil
    }
}

/// The places of data that a table of contents names, counted from the heap's start.
@safe private final class XarTable {
    struct Place {
        var offset: Int64 = -1
        var length: Int64 = -1
        var isValid: Bool { offset >= 0 && length >= 0 }
    }

    private(set) var files: [Place] = []
    /// Checksums and signatures, which are short.
    private(set) var sums: [Place] = []
    private var path: [String] = []
    private var text: [UInt8] = []
    private var place = Place()
    private var isRejected = false
    private let limit: Int
    private var stop: () -> Void = {}

    private static let deepest = 256
    private static let longestSum: Int64 = 1024
    private static let longestNumber = 20

    init(limit: Int) { self.limit = limit }

    func parse(_ document: [UInt8]) -> Bool {
        guard let parser = unsafe XML_ParserCreate(nil) else { return false }
        defer { unsafe XML_ParserFree(parser) }
        unsafe XML_SetUserData(parser, Unmanaged.passUnretained(self).toOpaque())
        unsafe XML_SetElementHandler(
            parser, { context, name, _ in unsafe table(context)?.begin(String(cString: name!)) },
            { context, _ in unsafe table(context)?.end() })
        unsafe XML_SetCharacterDataHandler(parser) { context, bytes, count in
            unsafe table(context)?.add(UnsafeRawBufferPointer(start: bytes, count: Int(count)))
        }
        unsafe XML_SetEntityDeclHandler(parser) { context, _, _, _, _, _, _, _, _ in unsafe table(context)?.reject() }
        stop = { unsafe _ = XML_StopParser(parser, XML_FALSE) }
        defer { stop = {} }
        let status = unsafe document.withUnsafeBytes { bytes in
            unsafe XML_Parse(
                parser, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), CInt(bytes.count), CInt(XML_TRUE))
        }
        return status == XML_STATUS_OK && !isRejected
    }

    private func reject() {
        isRejected = true
        stop()
    }

    private func begin(_ name: String) {
        guard path.count < Self.deepest, files.count < limit, sums.count < limit else { return reject() }
        path.append(name)
        text = []
        if name == "data" || name == "checksum" || name == "signature" { place = Place() }
    }

    private func add(_ bytes: UnsafeRawBufferPointer) {
        if text.count < Self.longestNumber { unsafe text.append(contentsOf: bytes.prefix(Self.longestNumber)) }
    }

    private func end() {
        guard let name = path.popLast() else { return }
        let value = Int64(String(decoding: text.filter { $0 > 0x20 }, as: UTF8.self))
        switch name {
        case "offset": place.offset = value ?? -1
        // The stored length of a member's data; a checksum has only a size.
        case "length": place.length = value ?? -1
        case "size" where path.last != "data": place.length = value ?? -1
        case "data":
            let parents = path.dropFirst(2)
            let isMember = path.starts(with: ["xar", "toc"]) && !parents.isEmpty && parents.allSatisfy { $0 == "file" }
            if isMember { place.isValid ? files.append(place) : reject() }
        case "checksum", "signature":
            if path.elementsEqual(["xar", "toc"]), place.isValid, place.length <= Self.longestSum {
                sums.append(place)
            }
        default: break
        }
        text = []
    }
}

private func table(_ context: UnsafeMutableRawPointer?) -> XarTable? {
    unsafe context.map { unsafe Unmanaged<XarTable>.fromOpaque($0).takeUnretainedValue() }
}
