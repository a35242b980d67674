/// A list of MAPI properties in TNEF ([MS-OXTNEF], section 2.1.3.4). Returns those whose values may hold a file.
struct MAPIProperties {
    struct Value {
        /// The property's identifier, without its type.
        let tag: UInt64
        let range: Range<Int64>
        let isObject: Bool
    }

    static let compressedRTF: UInt64 = 0x1009
    static let objectData: UInt64 = 0x3701

    private let slice: FileSlice
    private let range: Range<Int64>
    private var offset: Int64
    private var propertiesLeft: UInt64?
    private var valuesLeft: UInt64 = 0
    private var current: (tag: UInt64, type: UInt64) = (0, 0)

    init(_ slice: FileSlice, in range: Range<Int64>) {
        self.slice = slice
        self.range = range
        offset = range.lowerBound
    }

    /// What was not read.
    var rest: Range<Int64> { min(offset, range.upperBound)..<range.upperBound }

    private mutating func number(_ count: Int) throws(UnpackingError) -> UInt64 {
        guard offset + Int64(count) <= range.upperBound else { throw UnpackingError(.truncated, "MAPI properties") }
        defer { offset += Int64(count) }
        return try slice.bytes(at: offset, count: count).number(count, at: 0)
    }

    private mutating func skip(_ count: UInt64) throws(UnpackingError) {
        guard count <= UInt64(range.upperBound - offset) else { throw UnpackingError(.truncated, "MAPI properties") }
        offset += Int64(count)
    }

    /// Returns the next value of variable length, or nil at the end.
    ///
    /// - Throws: `.truncated`, `.malformed`.
    mutating func next() throws(UnpackingError) -> Value? {
        if propertiesLeft == nil { propertiesLeft = try number(4) }
        while true {
            if valuesLeft > 0 {
                valuesLeft -= 1
                if let value = try value() { return value }
                continue
            }
            guard let left = propertiesLeft, left > 0 else { return nil }
            propertiesLeft = left - 1
            try property()
        }
    }

    /// Reads a property's tag, its name if it has one, and how many values it has.
    private mutating func property() throws(UnpackingError) {
        let type = try number(2)
        current = (try number(2), type & 0x0FFF)
        if current.tag >= 0x8000 {
            // A named property: a GUID, and a number or a name.
            try skip(16)
            if try number(4) == 0 {
                try skip(4)
            } else {
                try skip(try number(4).roundedUp)
            }
        }
        // An empty value takes no bytes, however many there are.
        guard current.type != 1 else { return }
        let isMultiple = type & 0x1000 != 0
        let hasCount = isMultiple || [0x0D, 0x1E, 0x1F, 0x102].contains(current.type)
        valuesLeft = hasCount ? try number(4) : 1
        guard valuesLeft <= UInt64(range.count) else { throw UnpackingError(.malformed, "MAPI values") }
    }

    /// Reads one value. Returns nil for one of a fixed length.
    private mutating func value() throws(UnpackingError) -> Value? {
        switch current.type {
        case 2, 3, 4, 0x0A, 0x0B:
            try skip(4)
            return nil
        case 5, 6, 7, 0x14, 0x40:
            try skip(8)
            return nil
        case 0x48:
            try skip(16)
            return nil
        case 0x0D, 0x1E, 0x1F, 0x102:
            let length = try number(4)
            let start = offset
            guard length <= UInt64(range.upperBound - start) else { throw UnpackingError(.truncated, "a MAPI value") }
            // The padding of the last value may be missing.
            offset = min(range.upperBound, start + Int64(length.roundedUp))
            return Value(
                tag: current.tag, range: start..<start + Int64(length), isObject: current.type == 0x0D)
        default: throw UnpackingError(.malformed, "a MAPI type")
        }
    }
}

extension UInt64 {
    /// The next multiple of four.
    fileprivate var roundedUp: UInt64 { (self + 3) & ~3 }
}
