/// What the headers of a RAR archive say of things that libarchive passes over: volumes, encryption and the end mark (of
/// version 5), and the check sums of members that are stored as they are. Source: "RAR 5.0 archive format" of RARLAB, and the technote of version 4 that comes with RAR.
struct RarHeaders {
    private let file: FileStretch
    private var place: Int64
    /// Whether the end mark was reached, with the place behind it.
    private(set) var end: Int64?

    /// What is said of one file.
    struct File {
        var isEncrypted = false
        /// CRC-32 of its bytes, where it is stored without being packed: libarchive holds that against packed ones alone.
        var checksum: UInt32?
    }

    private let isVersion5: Bool
    /// Whether no header can be read any more.
    private var isLost = false

    static let signature4: [UInt8] = [0x52, 0x61, 0x72, 0x21, 0x1A, 7, 0]
    static let signature5: [UInt8] = [0x52, 0x61, 0x72, 0x21, 0x1A, 7, 1, 0]

    /// - Parameter form: `.rar` or `.rar5`.
    /// - Throws: `.method` for one volume of several, `.encrypted` where the headers themselves are.
    init(_ file: FileStretch, form: ContainerForm) throws(UnpackingError) {
        self.file = file
        isVersion5 = form == .rar5
        place = Int64(isVersion5 ? Self.signature5.count : Self.signature4.count)
        let start = try file.bytes(at: 0, count: 32)
        guard form == .rar5 else {
            // Behind a signature of seven bytes: a check sum, type 0x73 and the archive's flags.
            let isArchiveHeader = start.count >= 12 && start[9] == 0x73
            let flags = start.number(2, at: 10)
            if isArchiveHeader, flags & 0x80 != 0 { throw UnpackingError(.encrypted, "the names are encrypted") }
            if isArchiveHeader, flags & 1 != 0 { throw UnpackingError(.method, "one volume of several") }
            isLost = !start.starts(with: Self.signature4)
            return
        }
        // A self-extractor's program stands before the signature; what follows is then left to libarchive.
        guard start.starts(with: Self.signature5) else { return }
        guard let first = try block(), first.kind == .archive || first.kind == .encryption else { return }
        if first.kind == .encryption { throw UnpackingError(.encrypted, "the headers are encrypted") }
        if first.archiveFlags & 1 != 0 { throw UnpackingError(.method, "one volume of several") }
    }

    /// Goes on to the next file's header; nil behind the last file, and where no header can be read.
    mutating func nextFile() throws(UnpackingError) -> File? {
        guard isVersion5 else { return try nextFile4() }
        for _ in 0..<Self.mostBlocks {
            guard let block = try block() else { return nil }
            let (next, overflows) = place.addingReportingOverflow(block.length)
            guard !overflows, next > place, next <= file.size else { return nil }
            place = next
            switch block.kind {
            case .file: return block.file
            case .end:
                end = place
                return nil
            case .archive, .service, .encryption, .other: continue
            }
        }
        throw UnpackingError(.malformed, "more than \(Self.mostBlocks) headers that are no file's")
    }

    /// Of version 4: blocks of a check sum, a type, flags and lengths.
    private mutating func nextFile4() throws(UnpackingError) -> File? {
        for _ in 0..<Self.mostBlocks where !isLost {
            let header = try file.bytes(at: place, count: 40)
            let (flags, length) = (header.number(2, at: 3), Int64(header.number(2, at: 5)))
            let isFile = header.count >= 32 && header[2] == 0x74
            var data = flags & 0x8000 != 0 ? header.number(4, at: 7) : 0
            if isFile, flags & 0x100 != 0 { data |= header.number(4, at: 32) << 32 }
            guard length >= 7, data < UInt64(Int64.max) >> 1, place + length + Int64(data) <= file.size else { break }
            place += length + Int64(data)
            guard isFile else { continue }
            // Encrypted, or begun or continued in another volume.
            let isWhole = flags & 7 == 0
            return File(
                isEncrypted: flags & 4 != 0,
                checksum: isWhole && header[25] == 0x30 ? UInt32(header.number(4, at: 16)) : nil)
        }
        isLost = true
        return nil
    }

    private static let mostBlocks = 100_000

    private struct Block {
        enum Kind: UInt64 {
            case archive = 1
            case file
            case service
            case encryption
            case end
            case other = 0
        }

        let kind: Kind
        /// Header and data.
        let length: Int64
        let archiveFlags: UInt64
        let file: File
    }

    /// The block at `place`: a check sum, the header's size, its type and flags, the sizes of what else there is.
    private func block() throws(UnpackingError) -> Block? {
        let bytes = try file.bytes(at: place, count: 4096)
        var reader = VariableNumbers(bytes: bytes, place: 4)
        guard let size = reader.next(), size <= 2 << 20 else { return nil }
        let headerStart = reader.place
        guard let type = reader.next(), let flags = reader.next() else { return nil }
        let extraSize = flags & 1 != 0 ? reader.next() : 0
        let dataSize = flags & 2 != 0 ? reader.next() : 0
        guard let extraSize, let dataSize, dataSize < UInt64(Int64.max) - 4 << 20 else { return nil }
        let kind = Block.Kind(rawValue: type) ?? .other
        let archiveFlags = kind == .archive ? reader.next() ?? 0 : 0
        var told = File()
        if kind == .file, let checksum = reader.checksumOfStored(), flags & 0x18 == 0 { told.checksum = checksum }
        if kind == .file, extraSize <= size {
            let extra = place + Int64(headerStart) + Int64(size - extraSize)
            told.isEncrypted = try hasEncryption(extraAt: extra, length: Int(extraSize))
            // Under a password, the check sum is another one.
            if told.isEncrypted { told.checksum = nil }
        }
        return Block(
            kind: kind, length: Int64(headerStart) + Int64(size) + Int64(dataSize), archiveFlags: archiveFlags,
            file: told)
    }

    /// Whether one of a file's extra records, each a size, a type and its data, is that of type 1.
    private func hasEncryption(extraAt start: Int64, length: Int) throws(UnpackingError) -> Bool {
        guard length > 0 else { return false }
        var reader = VariableNumbers(bytes: try file.bytes(at: start, count: length), place: 0)
        while let size = reader.next() {
            let next = reader.place + Int(clamping: min(size, 2 << 20))
            if reader.next() == 1 { return true }
            reader.place = max(next, reader.place)
        }
        return false
    }
}

/// Numbers of seven bits a byte, the lowest first, the highest bit set on all but the last byte.
private struct VariableNumbers {
    let bytes: [UInt8]
    var place: Int

    /// Of a file's header, from its flags on: the CRC-32, where there is one and the file is stored as it is.
    mutating func checksumOfStored() -> UInt32? {
        guard let flags = next(), next() != nil, next() != nil, flags & 4 != 0 else { return nil }
        if flags & 2 != 0 { place += 4 }
        guard place + 4 <= bytes.count else { return nil }
        let checksum = UInt32(bytes.number(4, at: place))
        place += 4
        // Three bits of the method, behind those of the version and of a solid archive.
        guard let packing = next(), packing >> 7 & 7 == 0 else { return nil }
        return checksum
    }

    mutating func next() -> UInt64? {
        var number: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 63, by: 7) {
            guard place < bytes.count else { return nil }
            let byte = bytes[place]
            place += 1
            number |= UInt64(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return number }
        }
        return nil
    }
}
