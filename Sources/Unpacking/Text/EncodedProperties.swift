/// The binary values of the properties of a calendar or an address card (RFC 5545, 3.1.3; RFC 6350, 5.2):
/// `ATTACH;ENCODING=BASE64:…`, `PHOTO;ENCODING=b:…`, `PHOTO:data:image/png;base64,…`; and those of LDIF (RFC 2849):
/// `jpegPhoto:: …`. Each has the folded lines that follow.
struct EncodedProperties {
    private static let cardHead = Array("BEGIN:V".utf8)
    private static let longestHead = 1024
    /// The longest name with its parameters.
    private static let longestName = 4096
    /// In vCard, a comma in a value may be escaped.
    private static let dataMarks = [";BASE64,", ";BASE64\\,"].map { Array($0.utf8) }
    private static let longestMark = 9
    /// A shorter value in LDIF is an identifier.
    private static let shortestValue: Int64 = 88

    private let isCard: Bool
    private var values: [Range<Int64>] = []
    /// The name and the parameters of the property, unfolded, and where each byte stands.
    private var name: (bytes: [UInt8], places: [Int64]) = ([], [])
    private var value: (start: Int64, end: Int64)?

    /// Returns where the values stand, in order, none if the text is of no such kind.
    static func values(
        in slice: FileSlice, _ range: Range<Int64>, atMost most: Int
    ) throws(UnpackingError) -> [Range<Int64>] {
        let head = try slice.bytes(at: range.lowerBound, count: longestHead)
        let isCard = head.map(\.uppercase).index(of: cardHead) != nil
        guard isCard || isLDIF(head) else { return [] }
        var properties = EncodedProperties(isCard: isCard)
        var lines = TextLines(slice, in: range)
        while let line = try lines.next(), properties.values.count < most { properties.take(line) }
        properties.endValue()
        return properties.values
    }

    /// Whether a text begins with a distinguished name or a version, behind comments.
    private static func isLDIF(_ head: [UInt8]) -> Bool {
        let lines = head.split { $0 == 0x0A || $0 == 0x0D }
        let first = lines.first { ![0x23, 0x20].contains($0[$0.startIndex]) } ?? []
        let start = first.prefix(32).filter { $0 != 0x20 }.map(\.lowercase)
        return start.starts(with: Array("dn:".utf8)) || start.starts(with: Array("version:1".utf8))
    }

    private init(isCard: Bool) { self.isCard = isCard }

    private mutating func take(_ line: TextLine) {
        let isFolded = line.isStart && (line.bytes.first == 0x20 || line.bytes.first == 9)
        if value != nil {
            // vCard 2.1 does not always fold the lines of a value.
            let isBare =
                isCard && !line.isBlank && !line.bytes.isEmpty
                && line.bytes.allSatisfy { Base64.values[Int($0)] < 64 || $0 == 0x3D }
            if !line.isStart || isFolded || isBare {
                value?.end = line.next
                return
            }
            endValue()
        }
        if !isFolded, line.isStart { name = ([], []) }
        // A value that is no binary one may be long.
        guard name.bytes.count < Self.longestName, line.isStart else { return }
        let known = name.bytes.count
        for index in line.bytes.indices.dropFirst(isFolded ? 1 : 0) {
            name.bytes.append(line.bytes[index])
            name.places.append(line.start + Int64(index))
        }
        // A colon or a comma ends what precedes a value. A name of very many lines is not read again for each.
        guard name.bytes[known...].contains(where: { $0 == 0x3A || $0 == 0x2C }),
            let start = isCard ? Self.valueStart(inCard: name.bytes, known) : Self.valueStart(inLDIF: name.bytes)
        else { return }
        value = (start < name.places.count ? name.places[start] : line.next, line.next)
        name = ([], [])
    }

    private mutating func endValue() {
        guard let value else { return }
        self.value = nil
        guard isCard || value.end - value.start >= Self.shortestValue else { return }
        values.append(value.start..<value.end)
    }

    /// Returns where the base64 of a property of a card begins, or nil if its name has not ended yet, or its value is
    /// no binary one.
    ///
    /// - Parameter known: how many bytes of the line have been looked at before.
    private static func valueStart(inCard line: [UInt8], _ known: Int) -> Int? {
        guard let colon = endOfParameters(line) else { return nil }
        let start = max(colon, known - longestMark)
        let value = line[start...].map(\.uppercase)
        for mark in dataMarks { if let data = value.index(of: mark) { return start + data + mark.count } }
        guard colon >= known else { return nil }
        let parameters = line[..<colon].map(\.uppercase)
        let isEncoded = ["ENCODING=B", "ENCODING=\"B", ";BASE64"].contains {
            parameters.index(of: Array($0.utf8)) != nil
        }
        return isEncoded ? colon + 1 : nil
    }

    /// The first colon outside quotation marks.
    private static func endOfParameters(_ line: [UInt8]) -> Int? {
        var isQuoted = false
        for (index, byte) in line.enumerated() {
            if byte == 0x22 { isQuoted.toggle() } else if byte == 0x3A, !isQuoted { return index }
        }
        // A mark without its pair.
        return line.firstIndex(of: 0x3A)
    }

    private static func valueStart(inLDIF line: [UInt8]) -> Int? {
        guard let colon = line.firstIndex(of: 0x3A), colon + 1 < line.count, line[colon + 1] == 0x3A else { return nil }
        return colon + 2
    }
}

extension UInt8 {
    fileprivate var uppercase: UInt8 { (0x61...0x7A).contains(self) ? self & 0xDF : self }
}
