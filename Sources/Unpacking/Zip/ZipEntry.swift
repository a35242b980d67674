/// One entry of a ZIP archive's central directory.
struct ZipEntry {
    let name: [UInt8]
    let flags: UInt64
    let method: UInt64
    let checksum: UInt64
    /// The local header's offset, without a prefix of the archive. `Int64.max` if the number is larger.
    private(set) var headerOffset: Int64
    private(set) var packedSize: UInt64
    private(set) var size: UInt64
    private(set) var needsZip64 = false
    private let disk: UInt64

    init(record: ArraySlice<UInt8>, nameLength: Int, extraLength: Int) {
        let start = record.startIndex + 46
        name = Array(record[start..<start + nameLength])
        flags = record.number(2, at: 8)
        method = record.number(2, at: 10)
        checksum = record.number(4, at: 16)
        packedSize = record.number(4, at: 20)
        size = record.number(4, at: 24)
        var disk = record.number(2, at: 34)
        var offset = record.number(4, at: 42)
        var zip64 = Zip64Extra(extra: record[start + nameLength..<start + nameLength + extraLength])
        zip64.replace(&size, &packedSize, &offset)
        if disk == 0xFFFF, zip64.isPresent { disk = 0 }
        needsZip64 = zip64.wasUsed
        self.disk = disk
        headerOffset = Int64(exactly: offset) ?? .max
    }

    /// Stored, Deflate, bzip2.
    private static let commonMethods: Set<UInt64> = [0, 8, 12]
    /// Implode and Deflate64.
    private static let engineMethods: Set<UInt64> = [6, deflate64]
    static let deflate64: UInt64 = 9
    /// No method compresses nothing to more bytes.
    static let longestEmptyData: UInt64 = 64
    /// LZMA, Zstandard, xz, PPMd.
    private static let libarchiveMethods: Set<UInt64> = [14, 93, 95, 98]

    private static let aesMethod: UInt64 = 99

    var isEncrypted: Bool { flags & 0x2041 != 0 }
    var printableName: String { printable(Array(name.prefix(Member.longestName))) }

    func checkFields(report: ZipProblem.Reporter) {
        if needsZip64 { report(.zip64, printableName) }
        if disk != 0 { report(.multiDisk, "\(printableName) is on disk \(disk)") }
        if isEncrypted || method == Self.aesMethod { report(.encrypted, printableName) }
        if Self.libarchiveMethods.contains(method) {
            report(.libarchiveMethod, "\(printableName), method \(method)")
        } else if Self.engineMethods.contains(method) {
            report(.engineMethod, "\(printableName), method \(method)")
        } else if !Self.commonMethods.contains(method), method != Self.aesMethod {
            report(.unknownMethod, "\(printableName), method \(method)")
        }
        if flags & 0x20 != 0 { report(.unknownMethod, "\(printableName) is patched data") }
        // An encrypted entry has a header of 12 bytes.
        if !isEncrypted,
            method == 0 && packedSize != size || size > 0 && packedSize == 0
                || size == 0 && packedSize > Self.longestEmptyData
        {
            report(.sizesContradict, "\(printableName): \(packedSize) bytes that unpack to \(size)")
        }
        // The CRC-32 of no bytes is zero.
        if !isEncrypted, size == 0, packedSize == 0, checksum != 0 {
            report(.sizesContradict, "\(printableName): no bytes with checksum \(checksum)")
        }
        if name.last == 0x2F, size > 0 { report(.folderWithData, printableName) }
    }

    /// Returns the offset of the entry's packed bytes, or nil if it points to no local header.
    func dataStart(in file: FileSlice, end: ZipEndRecord) throws(UnpackingError) -> Int64? {
        let (start, isOverflow) = headerOffset.addingReportingOverflow(end.prefix)
        guard !isOverflow else { return nil }
        let header = try file.bytes(at: start, count: 30)
        guard header.count == 30, header.starts(with: ZipExtents.localHeaderSignature) else { return nil }
        return start + 30 + Int64(header.number(2, at: 26)) + Int64(header.number(2, at: 28))
    }

    /// Compares the local header, and the data descriptor after the data, with this entry.
    ///
    /// - Returns: the file range of the entry and where its data begin, or nil if it points to no local header.
    func checkLocalHeader(
        in file: FileSlice, end: ZipEndRecord, report: ZipProblem.Reporter
    ) throws(UnpackingError) -> (range: Range<Int64>, dataStart: Int64)? {
        let (start, overflows) = headerOffset.addingReportingOverflow(end.prefix)
        let fixed = overflows ? [] : try file.bytes(at: start, count: 30)
        guard fixed.count == 30, fixed.starts(with: ZipExtents.localHeaderSignature), start < end.directory.lowerBound
        else {
            report(.noLocalHeader, "\(printableName), at \(start)")
            return nil
        }
        let nameLength = Int(fixed.number(2, at: 26))
        let extraLength = Int(fixed.number(2, at: 28))
        let variable = try file.bytes(at: start + 30, count: nameLength + extraLength)
        if !variable.prefix(nameLength).elementsEqual(name) { report(.localNameDisagrees, printableName) }
        compare(fixed, extra: variable.dropFirst(nameLength), report)

        let dataStart = start + Int64(30 + nameLength + extraLength)
        guard let packed = Int64(exactly: packedSize), packed <= end.directory.lowerBound - dataStart else {
            report(.truncated, "\(printableName): \(packedSize) bytes at \(dataStart)")
            return nil
        }
        let dataEnd = dataStart + packed
        guard fixed.number(2, at: 6) & 8 != 0 else { return (start..<dataEnd, dataStart) }
        let descriptor = try file.bytes(at: dataEnd, count: 24)
        guard let length = descriptorLength(descriptor) else {
            report(.descriptorDisagrees, printableName)
            return (start..<dataEnd, dataStart)
        }
        return (start..<dataEnd + Int64(length), dataStart)
    }

    private func compare(_ header: [UInt8], extra: ArraySlice<UInt8>, _ report: ZipProblem.Reporter) {
        var disagreeing: [String] = []
        let localFlags = header.number(2, at: 6)
        if header.number(2, at: 8) != method {
            disagreeing.append("method \(header.number(2, at: 8)) instead of \(method)")
        }
        // Encryption and patched data. The descriptor's flag alone changes nothing: the sizes are compared below.
        if (localFlags ^ flags) & 0x2061 != 0 { disagreeing.append("flags \(localFlags) instead of \(flags)") }
        var localSize = header.number(4, at: 22)
        var localPacked = header.number(4, at: 18)
        var zip64 = Zip64Extra(extra: extra)
        var noOffset: UInt64 = 0
        zip64.replace(&localSize, &localPacked, &noOffset)
        // If a data descriptor follows, the header may leave these fields at zero.
        let mayBeZero = localFlags & 8 != 0
        func differs(_ local: UInt64, _ central: UInt64) -> Bool { local != central && !(mayBeZero && local == 0) }
        if differs(localSize, size) { disagreeing.append("size \(localSize) instead of \(size)") }
        if differs(localPacked, packedSize) {
            disagreeing.append("packed size \(localPacked) instead of \(packedSize)")
        }
        if differs(header.number(4, at: 14), checksum) { disagreeing.append("another checksum") }
        if !disagreeing.isEmpty {
            report(.localHeaderDisagrees, "\(printableName): \(disagreeing.joined(separator: ", "))")
        }
    }

    /// Returns the length of a data descriptor that agrees with this entry. Writers add a signature or omit it, and use
    /// 32-bit or 64-bit sizes.
    private func descriptorLength(_ bytes: [UInt8]) -> Int? {
        for signatureLength in [4, 0] where signatureLength == 0 || bytes.starts(with: [0x50, 0x4B, 7, 8]) {
            for width in [4, 8] where signatureLength + 4 + 2 * width <= bytes.count {
                if bytes.number(4, at: signatureLength) == checksum,
                    bytes.number(width, at: signatureLength + 4) == packedSize,
                    bytes.number(width, at: signatureLength + 4 + width) == size
                {
                    return signatureLength + 4 + 2 * width
                }
            }
        }
        return nil
    }
}

/// The ZIP64 extra field (type 1) of an entry. It holds only the numbers whose 32-bit fields are `FFFFFFFF`.
struct Zip64Extra {
    private var bytes: ArraySlice<UInt8> = []
    private(set) var isPresent = false
    private(set) var wasUsed = false

    init(extra: ArraySlice<UInt8>) {
        var rest = extra
        while rest.count >= 4 {
            let length = Int(rest.number(2, at: 2))
            if rest.number(2, at: 0) == 1 {
                bytes = rest.dropFirst(4).prefix(length)
                isPresent = true
                return
            }
            rest = rest.dropFirst(4 + length)
        }
    }

    mutating func replace(_ size: inout UInt64, _ packedSize: inout UInt64, _ offset: inout UInt64) {
        replace(&size)
        replace(&packedSize)
        replace(&offset)
    }

    private mutating func replace(_ number: inout UInt64) {
        guard number == 0xFFFF_FFFF, bytes.count >= 8 else { return }
        number = bytes.number(8, at: 0)
        bytes = bytes.dropFirst(8)
        wasUsed = true
    }
}
