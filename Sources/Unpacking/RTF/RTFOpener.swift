/// The bytes in the groups of an RTF text: pictures, themes, and objects with the files in them.
///
/// Where readers decode a group in different ways, each way gives a part.
package struct RTFOpener: LayerOpener {
    private struct Pending {
        let name: String
        let start: Int64
        let decoding: RTFDecoding
        /// In the decoded bytes.
        let range: Range<Int64>
    }

    private let layer: FileSlice
    private var groups: RTFGroups
    private var pending: [Pending] = []
    private var current: Pending?
    private var number = 0
    /// How many bytes of the text may still be decoded: groups within groups would multiply the work.
    private var bytesLeft: Int64

    private static let decodingsOfAll: Int64 = 32
    private static let headLength = 1 << 14

    package init(_ layer: FileSlice) {
        self.layer = layer
        groups = RTFGroups(layer)
        bytesLeft = Self.decodingsOfAll * layer.size + 1 << 20
    }

    package var unaccounted: [Range<Int64>] { [] }

    package mutating func next() throws(UnpackingError) -> LayerPart? {
        while pending.isEmpty {
            guard let group = try groups.next() else { return nil }
            number += 1
            for decoding in Self.decodings(of: group) { try take(group, decoding) }
        }
        current = pending.removeFirst()
        return current.map { LayerPart($0.name) }
    }

    package mutating func unpack(into file: CInt, limit: Int64) throws(UnpackingError) -> Int64 {
        guard let current else { return 0 }
        var (passed, written): (Int64, Int64) = (0, 0)
        try spend(
            current.decoding.decode(layer, from: current.start) { bytes throws(UnpackingError) in
                let lower = max(current.range.lowerBound, passed)
                let upper = min(current.range.upperBound, passed + Int64(bytes.count))
                if lower < upper {
                    guard written + (upper - lower) <= limit else {
                        throw UnpackingError(.tooLarge, "more than \(limit) bytes")
                    }
                    try writeScratch(bytes[Int(lower - passed)..<Int(upper - passed)], to: file, at: written)
                    written += upper - lower
                }
                passed += Int64(bytes.count)
                return passed < current.range.upperBound
            })
        return written
    }

    private mutating func spend(_ count: Int64) throws(UnpackingError) {
        bytesLeft -= count
        guard bytesLeft > 0 else { throw UnpackingError(.malformed, "groups of objects within one another") }
    }

    /// The ways in which readers decode a group.
    private static func decodings(of group: RTFScanner.Group) -> [RTFDecoding] {
        var found = [RTFDecoding()]
        func vary(_ change: (inout RTFDecoding) -> Void) {
            for decoding in found {
                var other = decoding
                change(&other)
                found.append(other)
            }
        }
        if group.hasNestedDigits, group.isObject { vary { $0.takesNested = true } }
        if group.hasQuotes { vary { $0.quoteDropsHalf = true } }
        if group.hasLongWords { vary { $0.cutsLongWords = true } }
        return found
    }

    /// Adds the decoded bytes of a group, and the file of an OLE 1 object in them.
    private mutating func take(_ group: RTFScanner.Group, _ decoding: RTFDecoding) throws(UnpackingError) {
        var decoding = decoding
        let isKnown = try object(in: group, decoding)
        if group.isObject, !isKnown {
            // Half a byte too many before the object.
            var shifted = decoding
            shifted.isShifted = true
            if try object(in: group, shifted) { decoding = shifted }
        }
        add("object \(number)", group, decoding, 0..<Int64.max)
    }

    private mutating func add(
        _ name: String, _ group: RTFScanner.Group, _ decoding: RTFDecoding, _ range: Range<Int64>
    ) {
        pending.append(Pending(name: name, start: group.start, decoding: decoding, range: range))
    }

    /// Adds the native data of an OLE 1 object ([MS-OLEDS], 2.2.5), and the file of a package in them. Returns false if
    /// the bytes do not begin with one.
    private mutating func object(
        in group: RTFScanner.Group, _ decoding: RTFDecoding
    ) throws(UnpackingError) -> Bool {
        let (head, read) = try decoding.bytes(layer, from: group.start, at: 0, count: Self.headLength)
        try spend(read)
        // The version has any value; the format is 2 for an embedded object.
        guard head.count > 24, head.number(4, at: 4) == 2 else { return false }
        var index = 8
        for _ in 0..<3 {
            let length = Int(head.number(4, at: index))
            guard length < Self.headLength, index + 4 + length <= head.count else { return false }
            index += 4 + length
        }
        guard index + 4 <= head.count else { return false }
        let start = Int64(index) + 4
        let size = Int64(head.number(4, at: index))
        guard size > 0 else { return true }
        add("object \(number)/data", group, decoding, start..<start + size)
        let found = try OLEPackage.file(in: size) { offset, count throws(UnpackingError) in
            let (bytes, read) = try decoding.bytes(layer, from: group.start, at: start + offset, count: count)
            try spend(read)
            return bytes
        }
        if let found {
            let name = String(decoding: found.name, as: UTF8.self)
            add(
                "object \(number)/\(name)", group, decoding,
                start + found.range.lowerBound..<start + found.range.upperBound)
        }
        return true
    }
}
