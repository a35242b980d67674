/// The files of an asar archive, as Electron's applications have it: four numbers, a directory in JSON, and the files'
/// bytes, whose offsets count from the directory's end. Source: README of `electron/asar`.
package struct AsarOpener: ListingOpener {
    private static let longestDirectory: UInt64 = 64 << 20
    private static let headLength: Int64 = 8

    private let layer: FileSlice
    package var parts: ListedParts
    private let dataStart: Int64
    private var covered: [Range<Int64>] = []

    /// Whether a layer begins with the lengths of a directory, each of which includes the next one, and with JSON.
    static func isHead(_ head: FileStart) -> Bool {
        let lengths = [4, 8, 12].map { head.number(4, at: $0) }
        guard head.number(4, at: 0) == 4, lengths[0] >= lengths[1], lengths[1] > lengths[2], lengths[2] > 1 else {
            return false
        }
        return head.bytes.dropFirst(16).prefix(64).first { $0 > 0x20 } == 0x7B
    }

    /// - Throws: `.truncated` if a file ends behind the layer; `.malformed` for a damaged directory; `.tooLarge`.
    package init(_ layer: FileSlice) throws(UnpackingError) {
        self.layer = layer
        let head = try layer.bytes(at: 0, count: 16)
        let (length, jsonLength) = (head.number(4, at: 4), head.number(4, at: 12))
        guard jsonLength <= Self.longestDirectory else {
            throw UnpackingError(.tooLarge, "a directory of \(jsonLength) bytes")
        }
        dataStart = Self.headLength + Int64(length)
        let json = try layer.bytes(at: 16, count: Int(jsonLength))
        guard json.count == Int(jsonLength), dataStart <= layer.size else {
            throw UnpackingError(.truncated, "the directory is cut")
        }
        var directory = AsarDirectory(json)
        parts = ListedParts(maximum: 1_000_000)
        var namesLength = 0
        while let file = try directory.next() {
            // The name of a folder is repeated for each of its files.
            namesLength += file.name.count
            guard namesLength <= Int(Self.longestDirectory) else {
                throw UnpackingError(.tooLarge, "names of more than \(Self.longestDirectory) bytes")
            }
            guard file.offset <= layer.size - dataStart, file.size <= layer.size - dataStart - file.offset else {
                throw UnpackingError(.truncated, "a file of \(file.size) bytes is cut")
            }
            let range = dataStart + file.offset..<dataStart + file.offset + file.size
            covered.append(range)
            try parts.add(ListedParts.Part(file.name, .layer(ScatteredSlice(layer, range))))
        }
    }

    /// The bytes behind the directory that belong to no file.
    package var unaccounted: [Range<Int64>] {
        var (end, gaps): (Int64, [Range<Int64>]) = (dataStart, [])
        for range in covered.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if range.lowerBound > end { gaps.append(end..<range.lowerBound) }
            end = max(end, range.upperBound)
        }
        return gaps + layer.rests(behind: end)
    }
}

/// Reads the files of an asar's directory from its JSON, object by object, without recursion.
struct AsarDirectory {
    struct File {
        let name: [UInt8]
        let offset: Int64
        let size: Int64
    }

    /// An object that is open.
    private struct Object {
        let name: [UInt8]
        var key: [UInt8] = []
        var size: Int64?
        var offset: Int64?
    }

    private static let deepest = 1000

    private let json: [UInt8]
    private var index = 0
    private var open: [Object] = []

    init(_ json: [UInt8]) { self.json = json }

    /// Returns the next file that has bytes in the archive, or nil at the end.
    ///
    /// - Throws: `.malformed`, `.method`, `.tooLarge`.
    mutating func next() throws(UnpackingError) -> File? {
        while index < json.count {
            let byte = json[index]
            index += 1
            switch byte {
            case 0x7B:
                guard open.count < Self.deepest else { throw UnpackingError(.tooLarge, "a directory too deep") }
                open.append(Object(name: open.last?.key ?? []))
            case 0x7D:
                guard let object = open.popLast() else { throw damage }
                if let size = object.size, let offset = object.offset {
                    let path = (open + [object]).map(\.name).filter { $0 != Array("files".utf8) && !$0.isEmpty }
                    return File(name: Array(path.joined(separator: [0x2F])), offset: offset, size: size)
                }
            case 0x22: try take(string())
            case 0x2D, 0x30...0x39: try take(number: byte)
            default: break
            }
        }
        guard open.isEmpty else { throw damage }
        return nil
    }

    private var damage: UnpackingError { UnpackingError(.malformed, "damaged JSON at \(index)") }

    /// Returns a string's bytes behind its first quotation mark. An escaped byte stands for itself.
    private mutating func string() throws(UnpackingError) -> [UInt8] {
        let start = index
        var bytes: [UInt8] = []
        while index < json.count, json[index] != 0x22 {
            if json[index] == 0x5C { index += 1 }
            if index < json.count { bytes.append(json[index]) }
            index += 1
        }
        guard index < json.count else {
            index = start
            throw damage
        }
        index += 1
        return bytes
    }

    /// Takes a key, or a value of the last key.
    private mutating func take(_ string: [UInt8]) throws(UnpackingError) {
        guard !open.isEmpty else { throw damage }
        var next = index
        while next < json.count, json[next] <= 0x20 { next += 1 }
        if next < json.count, json[next] == 0x3A {
            index = next + 1
            open[open.count - 1].key = string
        } else {
            let digits = string.drop { $0 <= 0x20 || $0 == 0x2B }.prefix { (0x30...0x39).contains($0) }
            try take(value: digits, isNumber: false)
        }
    }

    private mutating func take(number first: UInt8) throws(UnpackingError) {
        let start = index - 1
        while index < json.count, (0x30...0x39).contains(json[index]) { index += 1 }
        let isWhole = index >= json.count || ![0x2E, 0x45, 0x65].contains(json[index])
        guard isWhole, first != 0x2D else { throw UnpackingError(.method, "a number with a fraction or a sign") }
        try take(value: json[start..<index], isNumber: true)
    }

    private mutating func take(value digits: ArraySlice<UInt8>, isNumber: Bool) throws(UnpackingError) {
        guard let last = open.indices.last else { throw damage }
        let isSize = isNumber && open[last].key == Array("size".utf8)
        // Other values may begin with any number of digits, such as a hash.
        guard isSize || open[last].key == Array("offset".utf8) else { return }
        guard digits.count <= 18 else { throw damage }
        let value = digits.isEmpty ? nil : digits.reduce(Int64(0)) { $0 * 10 + Int64($1 - 0x30) }
        if isSize { open[last].size = value } else { open[last].offset = value }
    }
}
