/// The layout of the scanner protocol's packets: one byte of version, one byte of tag, then fields.
///
/// Numbers are little-endian and of fixed width, a flag is one byte of 0 or 1, a text is its length in two bytes and
/// then UTF-8, a list is its count in two bytes and then its elements. One packet is one message of a `SOCK_SEQPACKET`
/// socket, so its end needs no mark.
package enum Packet {
    package static let version: UInt8 = 1
    /// The longest packet in bytes, nonce included. A receiver's buffer has the same length, and a truncated packet is
    /// an error.
    package static let maximumLength = 64 << 10
    /// The longest text in a packet, in bytes of UTF-8.
    package static let maximumText = 1024
}

/// Why some bytes are not a message.
package enum PacketError: Error, Equatable, CustomStringConvertible {
    case tooShort
    case trailingBytes(Int)
    case unknownVersion(UInt8)
    case unknownTag(UInt8)
    case badText
    case badValue(String)

    package var description: String {
        switch self {
        case .tooShort: "the packet ends before its message does"
        case .trailingBytes(let count): "\(count) bytes follow the message"
        case .unknownVersion(let version): "protocol version \(version) is not supported"
        case .unknownTag(let tag): "tag \(tag) is not known"
        case .badText: "a text is too long, is not UTF-8 or holds control characters"
        case .badValue(let field): "\(field) is out of its range"
        }
    }
}

/// Builds one packet.
package struct PacketWriter {
    package private(set) var bytes: [UInt8]

    package init(tag: UInt8) {
        bytes = [Packet.version, tag]
        bytes.reserveCapacity(128)
    }

    package mutating func write(_ number: some FixedWidthInteger) {
        var rest = number
        for _ in 0..<(number.bitWidth / 8) {
            bytes.append(UInt8(truncatingIfNeeded: rest))
            rest >>= 8
        }
    }

    package mutating func write(_ flag: Bool) { bytes.append(flag ? 1 : 0) }

    /// Writes a text in the form that a reader accepts: control characters become spaces, and a text of more than
    /// `limit` bytes is cut at a character boundary.
    package mutating func write(_ text: String, atMost limit: Int = Packet.maximumText) {
        let at = bytes.count
        bytes.append(contentsOf: [0, 0])
        for scalar in text.unicodeScalars {
            let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
            let encoded = UTF8.encode(isControl ? " " : scalar)!
            guard bytes.count - at - 2 + encoded.count <= min(limit, Packet.maximumText) else { break }
            bytes.append(contentsOf: encoded)
        }
        let length = bytes.count - at - 2
        bytes[at] = UInt8(truncatingIfNeeded: length)
        bytes[at + 1] = UInt8(truncatingIfNeeded: length >> 8)
    }

    /// Writes the first `count` elements of a list.
    package mutating func write<Element>(
        _ list: [Element], atMost count: Int, _ element: (inout PacketWriter, Element) -> Void
    ) {
        let part = list.prefix(count)
        write(UInt16(part.count))
        for one in part { element(&self, one) }
    }
}

/// Parses one packet. No length in it makes the reader read beyond its end or allocate ahead.
package struct PacketReader {
    private let bytes: [UInt8]
    private let end: Int
    private var at = 0
    package let tag: UInt8

    /// - Parameter count: the packet's length within `bytes`.
    package init(_ bytes: [UInt8], count: Int) throws(PacketError) {
        guard count >= 2, count <= bytes.count else { throw .tooShort }
        guard bytes[0] == Packet.version else { throw .unknownVersion(bytes[0]) }
        self.bytes = bytes
        end = count
        tag = bytes[1]
        at = 2
    }

    package mutating func number<Number: FixedWidthInteger>(_: Number.Type = Number.self) throws(PacketError) -> Number
    {
        let width = Number.bitWidth / 8
        guard end - at >= width else { throw .tooShort }
        var number: Number = 0
        for offset in 0..<width { number |= Number(truncatingIfNeeded: bytes[at + offset]) << (8 * offset) }
        at += width
        return number
    }

    /// Reads a number between 0 and `limit`.
    package mutating func count<Number: FixedWidthInteger>(
        _ field: String, atMost limit: Number = .max
    ) throws(PacketError) -> Number {
        let number: Number = try number()
        guard number >= 0, number <= limit else { throw .badValue(field) }
        return number
    }

    package mutating func flag() throws(PacketError) -> Bool {
        switch try number(UInt8.self) {
        case 0: return false
        case 1: return true
        default: throw .badValue("a flag")
        }
    }

    package mutating func text(atMost limit: Int = Packet.maximumText) throws(PacketError) -> String {
        let length = Int(try number(UInt16.self))
        guard length <= limit else { throw .badText }
        guard end - at >= length else { throw .tooShort }
        guard let text = String(validating: bytes[at..<at + length], as: UTF8.self),
            !text.unicodeScalars.contains(where: { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) })
        else { throw .badText }
        at += length
        return text
    }

    package mutating func list<Element>(
        _ field: String, atMost limit: Int, _ element: (inout PacketReader) throws(PacketError) -> Element
    ) throws(PacketError) -> [Element] {
        let count = Int(try number(UInt16.self))
        guard count <= limit else { throw .badValue(field) }
        var list: [Element] = []
        for _ in 0..<count { list.append(try element(&self)) }
        return list
    }

    /// Checks that the whole packet was read.
    package func finish() throws(PacketError) {
        guard at == end else { throw .trailingBytes(end - at) }
    }
}
