/// Reads the headers of a RAR archive for what libarchive ignores: volumes, encryption, the end mark (version 5), and
/// the checksums of stored members. Sources: "RAR 5.0 archive format" by RARLAB, and `technote.txt` of RAR 4.
struct RarHeaders {
    private let file: FileSlice
    private var offset: Int64
    /// The offset after the end mark, once it was reached.
    private(set) var end: Int64?

    /// What the headers say about one file.
    struct File {
        var isEncrypted = false
        /// The CRC-32 of a stored file. libarchive checks that of compressed files only.
        var checksum: UInt32?
    }

    private let isVersion5: Bool
    /// Whether no further header can be read.
    private var isLost = false

    static let signature4: [UInt8] = [0x52, 0x61, 0x72, 0x21, 0x1A, 7, 0]
    static let signature5: [UInt8] = [0x52, 0x61, 0x72, 0x21, 0x1A, 7, 1, 0]

    /// - Parameter form: `.rar` or `.rar5`.
    /// - Throws: `.method` for one volume of several, `.encrypted` if the headers are encrypted.
    init(_ file: FileSlice, form: ContainerForm) throws(UnpackingError) {
        self.file = file
        isVersion5 = form == .rar5
        offset = Int64(isVersion5 ? Self.signature5.count : Self.signature4.count)
        let start = try file.bytes(at: 0, count: 32)
        guard form == .rar5 else {
            // After a signature of seven bytes: a checksum, type 0x73 and the archive's flags.
            let isArchiveHeader = start.count >= 12 && start[9] == 0x73
            let flags = start.number(2, at: 10)
            if isArchiveHeader, flags & 0x80 != 0 { throw UnpackingError(.encrypted, "the names are encrypted") }
            if isArchiveHeader, flags & 1 != 0 { throw UnpackingError(.method, "one volume of several") }
            isLost = !start.starts(with: Self.signature4)
            return
        }
        // In a self-extractor, a program precedes the signature. Its archive is left to libarchive.
        guard start.starts(with: Self.signature5) else { return }
        guard let first = try block(), first.kind == .archive || first.kind == .encryption else { return }
        if first.kind == .encryption { throw UnpackingError(.encrypted, "the headers are encrypted") }
        if first.archiveFlags & 1 != 0 { throw UnpackingError(.method, "one volume of several") }
    }

    /// Returns the next file header, or nil after the last one and if no header can be read.
    mutating func nextFile() throws(UnpackingError) -> File? {
        guard isVersion5 else { return try nextFile4() }
        for _ in 0..<Self.maximumBlocks {
            guard let block = try block() else { return nil }
            let (next, overflows) = offset.addingReportingOverflow(block.length)
            guard !overflows, next > offset, next <= file.size else { return nil }
            offset = next
            switch block.kind {
            case .file: return block.file
            case .end:
                end = offset
                return nil
            case .archive, .service, .encryption, .other: continue
            }
        }
        throw UnpackingError(.malformed, "more than \(Self.maximumBlocks) headers without a file")
    }

    /// Version 4: blocks of a checksum, a type, flags and lengths.
    private mutating func nextFile4() throws(UnpackingError) -> File? {
        for _ in 0..<Self.maximumBlocks where !isLost {
            let header = try file.bytes(at: offset, count: 40)
            let (flags, length) = (header.number(2, at: 3), Int64(header.number(2, at: 5)))
            let isFile = header.count >= 32 && header[2] == 0x74
            var data = flags & 0x8000 != 0 ? header.number(4, at: 7) : 0
            if isFile, flags & 0x100 != 0 { data |= header.number(4, at: 32) << 32 }
            guard length >= 7, data < UInt64(Int64.max) >> 1, offset + length + Int64(data) <= file.size else { break }
            offset += length + Int64(data)
            guard isFile else { continue }
            // Neither encrypted nor split over volumes.
            let isWhole = flags & 7 == 0
            return File(
                isEncrypted: flags & 4 != 0,
                checksum: isWhole && header[25] == 0x30 ? UInt32(header.number(4, at: 16)) : nil)
        }
        isLost = true
        return nil
    }

    private static let maximumBlocks = 100_000

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

    /// The block at `offset`: a checksum, the header's size, its type and flags, and the sizes of extra area and data.
    private func block() throws(UnpackingError) -> Block? {
        let bytes = try file.bytes(at: offset, count: 4096)
        var reader = VariableIntegers(bytes: bytes, index: 4)
        guard let size = reader.next(), size <= 2 << 20 else { return nil }
        let headerStart = reader.index
        guard let type = reader.next(), let flags = reader.next() else { return nil }
        let extraSize = flags & 1 != 0 ? reader.next() : 0
        let dataSize = flags & 2 != 0 ? reader.next() : 0
        guard let extraSize, let dataSize, dataSize < UInt64(Int64.max) - 4 << 20 else { return nil }
        let kind = Block.Kind(rawValue: type) ?? .other
        let archiveFlags = kind == .archive ? reader.next() ?? 0 : 0
        var info = File()
        if kind == .file, let checksum = reader.storedFileChecksum(), flags & 0x18 == 0 { info.checksum = checksum }
        if kind == .file, extraSize <= size {
            let extra = offset + Int64(headerStart) + Int64(size - extraSize)
            info.isEncrypted = try hasEncryption(extraAt: extra, length: Int(extraSize))
            // With encryption, the checksum depends on the password.
            if info.isEncrypted { info.checksum = nil }
        }
        return Block(
            kind: kind, length: Int64(headerStart) + Int64(size) + Int64(dataSize), archiveFlags: archiveFlags,
            file: info)
    }

    /// Whether one of a file's extra records (each a size, a type and data) has type 1, encryption.
    private func hasEncryption(extraAt start: Int64, length: Int) throws(UnpackingError) -> Bool {
        guard length > 0 else { return false }
        var reader = VariableIntegers(bytes: try file.bytes(at: start, count: length), index: 0)
        while let size = reader.next() {
            let next = reader.index + Int(clamping: min(size, 2 << 20))
            if reader.next() == 1 { return true }
            reader.index = max(next, reader.index)
        }
        return false
    }
}

/// Variable-length integers: seven bits a byte, the lowest first; the highest bit is set on all but the last byte.
private struct VariableIntegers {
    let bytes: [UInt8]
    var index: Int

    /// Reads a file header from its flags on. Returns the CRC-32, or nil if it has none or the file is compressed.
    mutating func storedFileChecksum() -> UInt32? {
        guard let flags = next(), next() != nil, next() != nil, flags & 4 != 0 else { return nil }
        if flags & 2 != 0 { index += 4 }
        guard index + 4 <= bytes.count else { return nil }
        let checksum = UInt32(bytes.number(4, at: index))
        index += 4
        // Bits 7 to 9 are the method; 0 means stored.
        guard let compression = next(), compression >> 7 & 7 == 0 else { return nil }
        return checksum
    }

    mutating func next() -> UInt64? {
        var number: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 63, by: 7) {
            guard index < bytes.count else { return nil }
            let byte = bytes[index]
            index += 1
            number |= UInt64(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return number }
        }
        return nil
    }
}
