/// One entry of a ZIP archive's directory.
struct ZipEntry {
    let name: [UInt8]
    let flags: UInt64
    let method: UInt64
    let checksum: UInt64
    /// Where the local header stands, not counting what is before the archive; nil where it is beyond all measure.
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
        var wide = ZipWideNumbers(extra: record[start + nameLength..<start + nameLength + extraLength])
        wide.widen(&size, &packedSize, &offset)
        if disk == 0xFFFF, wide.isPresent { disk = 0 }
        needsZip64 = wide.wasUsed
        self.disk = disk
        headerOffset = Int64(exactly: offset) ?? .max
    }

    private static let methodsOfBoth: Set<UInt64> = [0, 8, 12]
    /// Implode and Deflate64.
    private static let methodsOfEngine: Set<UInt64> = [6, 9]
    /// LZMA, Zstandard, xz, PPMd.
    private static let methodsOfLibarchive: Set<UInt64> = [14, 93, 95, 98]

    private static let methodOfAES: UInt64 = 99

    var isEncrypted: Bool { flags & 0x2041 != 0 }
    var hasDescriptor: Bool { flags & 8 != 0 }
    var shownName: String { printable(Array(name.prefix(Member.longestName))) }

    func checkItself(note: ZipNote) {
        if needsZip64 { note(.zip64, shownName) }
        if disk != 0 { note(.multiDisk, "\(shownName) is on disk \(disk)") }
        if isEncrypted || method == Self.methodOfAES { note(.encrypted, shownName) }
        if Self.methodsOfLibarchive.contains(method) {
            note(.methodOfLibarchive, "\(shownName), method \(method)")
        } else if Self.methodsOfEngine.contains(method) {
            note(.methodOfEngine, "\(shownName), method \(method)")
        } else if !Self.methodsOfBoth.contains(method), method != Self.methodOfAES {
            note(.unknownMethod, "\(shownName), method \(method)")
        }
        if flags & 0x20 != 0 { note(.unknownMethod, "\(shownName) is a patch") }
        // Twelve bytes go to the header of the traditional encryption, and no method packs nothing into much.
        if !isEncrypted,
            method == 0 && packedSize != size || size > 0 && packedSize == 0 || size == 0 && packedSize > 64
        {
            note(.sizesContradict, "\(shownName): \(packedSize) bytes that become \(size)")
        }
        // The check sum of no bytes is zero.
        if !isEncrypted, size == 0, packedSize == 0, checksum != 0 {
            note(.sizesContradict, "\(shownName): no bytes, whose check sum is \(checksum)")
        }
        if name.last == 0x2F, size > 0 { note(.folderWithData, shownName) }
    }

    /// Holds the local header, and the descriptor behind the data, against this entry.
    ///
    /// - Returns: the bytes of the file that belong to the entry; nil where it points to no local header.
    func checkLocalHeader(in file: FileStretch, end: ZipEnd, note: ZipNote) throws(UnpackingError) -> Range<Int64>? {
        let (start, overflows) = headerOffset.addingReportingOverflow(end.prefix)
        let fixed = overflows ? [] : try file.bytes(at: start, count: 30)
        guard fixed.count == 30, fixed.starts(with: ZipExtents.headerMark), start < end.directory.lowerBound else {
            note(.noLocalHeader, "\(shownName), at \(start)")
            return nil
        }
        let nameLength = Int(fixed.number(2, at: 26))
        let extraLength = Int(fixed.number(2, at: 28))
        let variable = try file.bytes(at: start + 30, count: nameLength + extraLength)
        if !variable.prefix(nameLength).elementsEqual(name) { note(.localNameDisagrees, shownName) }
        compare(fixed, extra: variable.dropFirst(nameLength), note)

        let dataStart = start + Int64(30 + nameLength + extraLength)
        guard let packed = Int64(exactly: packedSize), packed <= end.directory.lowerBound - dataStart else {
            note(.truncated, "\(shownName): \(packedSize) bytes at \(dataStart)")
            return nil
        }
        let dataEnd = dataStart + packed
        guard fixed.number(2, at: 6) & 8 != 0 else { return start..<dataEnd }
        let descriptor = try file.bytes(at: dataEnd, count: 24)
        guard let length = lengthOfDescriptor(descriptor) else {
            note(.descriptorDisagrees, shownName)
            return start..<dataEnd
        }
        return start..<dataEnd + Int64(length)
    }

    private func compare(_ header: [UInt8], extra: ArraySlice<UInt8>, _ note: ZipNote) {
        var disagreeing: [String] = []
        let localFlags = header.number(2, at: 6)
        if header.number(2, at: 8) != method { disagreeing.append("method \(header.number(2, at: 8)) for \(method)") }
        // Encryption and patches. The descriptor's flag alone changes nothing: the sizes are compared below.
        if (localFlags ^ flags) & 0x2061 != 0 { disagreeing.append("flags \(localFlags) for \(flags)") }
        var localSize = header.number(4, at: 22)
        var localPacked = header.number(4, at: 18)
        var wide = ZipWideNumbers(extra: extra)
        var none: UInt64 = 0
        wide.widen(&localSize, &localPacked, &none)
        // With a descriptor behind the data, the header may leave these at zero.
        let mayBeLeftOut = localFlags & 8 != 0
        func differs(_ local: UInt64, _ told: UInt64) -> Bool { local != told && !(mayBeLeftOut && local == 0) }
        if differs(localSize, size) { disagreeing.append("size \(localSize) for \(size)") }
        if differs(localPacked, packedSize) { disagreeing.append("packed size \(localPacked) for \(packedSize)") }
        if differs(header.number(4, at: 14), checksum) { disagreeing.append("another check sum") }
        if !disagreeing.isEmpty {
            note(.localHeaderDisagrees, "\(shownName): \(disagreeing.joined(separator: ", "))")
        }
    }

    /// The descriptor is written with and without a mark, and with numbers of 32 or 64 bits.
    private func lengthOfDescriptor(_ bytes: [UInt8]) -> Int? {
        for markLength in [4, 0] where markLength == 0 || bytes.starts(with: [0x50, 0x4B, 7, 8]) {
            for width in [4, 8] where markLength + 4 + 2 * width <= bytes.count {
                if bytes.number(4, at: markLength) == checksum,
                    bytes.number(width, at: markLength + 4) == packedSize,
                    bytes.number(width, at: markLength + 4 + width) == size
                {
                    return markLength + 4 + 2 * width
                }
            }
        }
        return nil
    }
}

/// The 64-bit numbers of an entry, in its extra field of type 1: only those that are full of ones in their 32-bit place.
struct ZipWideNumbers {
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

    mutating func widen(_ size: inout UInt64, _ packedSize: inout UInt64, _ offset: inout UInt64) {
        widen(&size)
        widen(&packedSize)
        widen(&offset)
    }

    private mutating func widen(_ number: inout UInt64) {
        guard number == 0xFFFF_FFFF, bytes.count >= 8 else { return }
        number = bytes.number(8, at: 0)
        bytes = bytes.dropFirst(8)
        wasUsed = true
    }
}
