/// The head of one value in BER or DER (ITU-T X.690, section 8.1): identifier and length.
struct BERHead: Sendable, Equatable {
    /// Class, form and number: the first byte. Numbers above 30 are not used here.
    let tag: UInt8
    /// The offset of its content.
    let content: Int64
    /// The content's length, or nil if an end-of-contents value ends it.
    let length: Int64?

    var isConstructed: Bool { tag & 0x20 != 0 }
    var end: Int64? { length.map { content + $0 } }
    /// Two zeros, which end a value of unknown length.
    var isEndOfContents: Bool { tag == 0 && length == 0 }

    static let sequence: UInt8 = 0x30
    static let set: UInt8 = 0x31
    static let integer: UInt8 = 2
    static let octetString: UInt8 = 4
    static let constructedOctetString: UInt8 = 0x24
    static let objectIdentifier: UInt8 = 6
    static let boolean: UInt8 = 1
    static let ia5String: UInt8 = 0x16
    /// `[0] EXPLICIT`, `[1]`.
    static let context0: UInt8 = 0xA0
    static let context1: UInt8 = 0xA1

    /// - Throws: `.malformed` if there is no value at `offset`, `.truncated` if it extends beyond the slice.
    init(_ slice: FileSlice, at offset: Int64) throws(UnpackingError) {
        let bytes = try slice.bytes(at: offset, count: 16)
        guard bytes.count >= 2, bytes[0] & 0x1F != 0x1F else {
            throw UnpackingError(.malformed, "no value at \(offset)")
        }
        tag = bytes[0]
        let first = bytes[1]
        if first == 0x80 {
            guard tag & 0x20 != 0 else { throw UnpackingError(.malformed, "a value without a length at \(offset)") }
            (content, length) = (offset + 2, nil)
            return
        }
        let count = first < 0x80 ? 0 : Int(first & 0x7F)
        guard count <= 14, bytes.count >= 2 + count else { throw UnpackingError(.malformed, "a length at \(offset)") }
        var value = count == 0 ? UInt64(first) : 0
        for byte in bytes[2..<2 + count] {
            guard value < 1 << 54 else { throw UnpackingError(.truncated, "a value at \(offset)") }
            value = value << 8 | UInt64(byte)
        }
        content = offset + Int64(2 + count)
        guard Int64(value) <= slice.size - content else { throw UnpackingError(.truncated, "a value at \(offset)") }
        length = Int64(value)
    }
}

/// Goes through values in BER, forwards, and counts its steps.
struct BERReader {
    private static let maximumSteps = 1_000_000

    let slice: FileSlice
    private var steps = 0

    init(_ slice: FileSlice) { self.slice = slice }

    mutating func head(at offset: Int64) throws(UnpackingError) -> BERHead {
        steps += 1
        guard steps <= Self.maximumSteps else { throw UnpackingError(.tooLarge, "more than \(steps) values") }
        return try BERHead(slice, at: offset)
    }

    /// Returns the offset behind a value.
    mutating func end(of head: BERHead) throws(UnpackingError) -> Int64 {
        if let end = head.end { return end }
        // Values of unknown length within it: each has an end of its own.
        var (offset, depth) = (head.content, 1)
        while depth > 0 {
            let inner = try self.head(at: offset)
            if inner.isEndOfContents {
                depth -= 1
                offset = inner.content
            } else if let end = inner.end {
                offset = end
            } else {
                depth += 1
                offset = inner.content
            }
        }
        return offset
    }

    /// Returns the value at `offset`, which must have the tag.
    mutating func head(_ tag: UInt8, at offset: Int64) throws(UnpackingError) -> BERHead {
        let head = try head(at: offset)
        guard head.tag == tag else { throw UnpackingError(.malformed, "another value than expected at \(offset)") }
        return head
    }

    /// Returns the bytes of a short value.
    func bytes(of head: BERHead) throws(UnpackingError) -> [UInt8] {
        guard let length = head.length, length <= 64 else { return [] }
        return try slice.bytes(at: head.content, count: Int(length))
    }

    /// Returns the ranges of an octet string's bytes. One that is constructed is made of others, at any depth.
    mutating func octets(of head: BERHead) throws(UnpackingError) -> [Range<Int64>] {
        if !head.isConstructed {
            guard let end = head.end else { return [] }
            return head.content < end ? [head.content..<end] : []
        }
        var ranges: [Range<Int64>] = []
        // The ends of the values around the current one; nil for an unknown length.
        var ends: [Int64?] = [head.end]
        var offset = head.content
        while let end = ends.last {
            if offset == end {
                ends.removeLast()
                continue
            }
            let inner = try self.head(at: offset)
            if end == nil, inner.isEndOfContents {
                ends.removeLast()
                offset = inner.content
            } else if inner.isConstructed {
                guard ends.count < 64 else { throw UnpackingError(.malformed, "octet strings in octet strings") }
                ends.append(inner.end)
                offset = inner.content
            } else {
                guard let innerEnd = inner.end, end.map({ innerEnd <= $0 }) ?? true else {
                    throw UnpackingError(.malformed, "a value beyond the one around it")
                }
                if inner.content < innerEnd { ranges.append(inner.content..<innerEnd) }
                offset = innerEnd
            }
        }
        return ranges
    }
}
