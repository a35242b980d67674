/// The parts of a letter: what GMime sees, and beside it what a reader sees that goes by lines alone (`MailSections`),
/// and files encoded as text at any line (`EncodedText`). Where the readings agree, a part is taken once.
package struct MailOpener: LayerOpener {
    private let layer: FileSlice
    private var parts: [EncodedPart] = []
    private var index = -1
    /// What keeps the letter from being accounted for, after its parts.
    private var problem: UnpackingError?

    /// How far the ends of two readings of one part may differ: a line end and a blank line.
    private static let tolerance: Int64 = 4

    /// Loads what GMime opens on first use. Call it before the sandbox closes.
    package static func prewarm() { MailReading.prewarm() }

    /// - Parameter isFound: whether other bytes precede it. Then a piece of a letter is no letter that is cut.
    package init(_ layer: FileSlice, isFound: Bool = false) throws(UnpackingError) {
        self.layer = layer
        let sections = try MailSections(layer)
        if sections.isCut {
            problem = UnpackingError(.tooLarge, "more than \(MailSections.maximumSections) parts")
        }
        let isReadable =
            layer.size <= MailReading.largestLayer && sections.dashLines <= MailReading.mostDashLines
            && sections.colonLines <= MailReading.mostColonLines
        let reading = isReadable ? try MailReading(layer) : nil
        var leaves: [MailLeaf] = []
        for leaf in reading?.leaves ?? [] { leaves.append(try leaf.toEndOfLine(in: layer, atMost: Self.tolerance)) }
        if reading?.isCut == true { problem = UnpackingError(.tooLarge, "more parts than are listed") }
        let isFragment = reading?.isFragment ?? sections.sections.contains(where: \.isFragment)
        if isFragment, !isFound {
            problem = UnpackingError(.truncated, "one of several parts of a letter (message/partial)")
        }
        for leaf in leaves { try add(leaf) }
        var decoded = leaves.filter { $0.encoding == .base64 }.map(\.range)
        for section in sections.sections {
            try add(section, besides: leaves)
            if section.encodings.contains(.base64) { decoded.append(section.body) }
        }
        try addEncodedFiles(notIn: decoded)
    }

    /// A leaf whose bytes stand for themselves and look like a letter is no part: the readings by lines go through it.
    /// Letters quoted in letters would otherwise be opened one level deeper each.
    private mutating func add(_ leaf: MailLeaf) throws(UnpackingError) {
        guard let encoding = leaf.encoding else {
            let count = Int(min(Int64(MailHead.length), Int64(leaf.range.count)))
            guard try !MailHead.isMail(layer.bytes(at: leaf.range.lowerBound, count: count)) else { return }
            try add(EncodedPart(name: leaf.name, range: leaf.range, coding: .plain), isText: !leaf.name.isEmpty)
            return
        }
        let isText = encoding == .quotedPrintable && !leaf.name.isEmpty
        try add(EncodedPart(name: leaf.name, range: leaf.range, coding: .gmime(encoding)), isText: isText)
    }

    /// - Parameter isText: whether readers may write its lines in another way than the letter has them.
    private mutating func add(_ part: EncodedPart, isText: Bool) throws(UnpackingError) {
        parts.append(part)
        if isText, let other = try part.withOtherLineEnds(in: layer) { parts.append(other) }
    }

    private mutating func add(_ section: MailSection, besides leaves: [MailLeaf]) throws(UnpackingError) {
        var bodies = [section.body]
        if let early = section.earlyBody, early < section.body.lowerBound {
            bodies.append(early..<section.body.upperBound)
        }
        for body in bodies {
            let known = leaves.lowerBound(of: body.lowerBound)
            func isKnown(_ encoding: MailLeaf.Encoding?) -> Bool {
                leaves[known...].prefix { $0.range.lowerBound <= body.lowerBound + Self.tolerance }.contains {
                    $0.encoding == encoding && abs($0.range.upperBound - body.upperBound) <= Self.tolerance
                }
            }
            if section.encodings.contains(.base64) {
                let irregularity = try Base64.irregularities(of: layer, in: body)
                if !irregularity.isEmpty || !isKnown(.base64) {
                    for reading in Base64.readings(irregularity) { add(section, body, .base64(reading)) }
                }
            }
            if section.encodings.contains(.quotedPrintable) {
                let isRegular = try QuotedPrintable.isRegular(layer, in: body)
                let isNew = !isRegular || !isKnown(.quotedPrintable)
                try addLines(section, body, .quotedPrintable, isNew: isNew)
            }
            let isPlain = section.encodings.isDisjoint(with: [.base64, .quotedPrintable])
            if isPlain, !section.type.starts(with: "multipart/".utf8) {
                let head = try layer.bytes(at: body.lowerBound, count: min(body.count, MailHead.length))
                if !MailHead.isMail(head) { try addLines(section, body, .plain, isNew: !isKnown(nil)) }
            }
        }
    }

    /// Adds a part of lines, unless it is known, and what its lines become in a file: an attachment's, or that of a
    /// part without a name that is no text to be shown.
    private mutating func addLines(
        _ section: MailSection, _ body: Range<Int64>, _ coding: EncodedPart.Coding, isNew: Bool
    ) throws(UnpackingError) {
        let isFile = section.name.isEmpty && !section.type.isEmpty && !section.type.starts(with: "text/".utf8)
        let part = EncodedPart(name: section.name, range: body, coding: coding)
        if isNew {
            try add(part, isText: isFile || !section.name.isEmpty)
        } else if isFile, let other = try part.withOtherLineEnds(in: layer) {
            parts.append(other)
        }
    }

    private mutating func add(_ section: MailSection, _ body: Range<Int64>, _ coding: EncodedPart.Coding) {
        parts.append(EncodedPart(name: section.name, range: body, coding: coding))
    }

    /// - Parameter decoded: ranges of Base64 that are parts already.
    private mutating func addEncodedFiles(notIn decoded: [Range<Int64>]) throws(UnpackingError) {
        let text = try EncodedText(layer, in: 0..<layer.size, isText: true)
        if text.isCut { problem = UnpackingError(.tooLarge, "more than \(EncodedText.maximumMarks) encoded files") }
        let sorted = decoded.sorted { $0.lowerBound < $1.lowerBound }
        // The range that extends furthest of those that begin at or before each one.
        var reach: [Int64] = []
        for range in sorted { reach.append(max(reach.last ?? 0, range.upperBound)) }
        let marks = text.marks.filter { mark in
            guard case .base64(let range) = mark else { return true }
            let index = sorted.partitionPoint { $0.lowerBound <= range.lowerBound + Self.tolerance }
            return index == 0 || reach[index - 1] + Self.tolerance < range.upperBound
        }
        parts += try EncodedPart.parts(of: marks, in: layer)
    }

    package mutating func next() throws(UnpackingError) -> LayerPart? {
        index += 1
        guard index < parts.count else {
            if let problem { throw problem }
            return nil
        }
        return LayerPart(name: parts[index].name, isGuess: parts[index].isGuess)
    }

    package mutating func unpack(into file: CInt, limit: Int64) throws(UnpackingError) -> Int64 {
        guard parts.indices.contains(index) else { return 0 }
        return try parts[index].decode(layer, into: file, limit: limit)
    }

    package var partCount: Int? { parts.count }
    package var unaccounted: [Range<Int64>] { [] }
}

extension [MailLeaf] {
    /// The index of the first leaf that begins less than four bytes before `offset`, or behind it. Leaves are in order.
    fileprivate func lowerBound(of offset: Int64) -> Int {
        partitionPoint { $0.range.lowerBound < offset - 4 }
    }
}

extension Array {
    /// The index of the first element for which `isBefore` is false, of elements for which it is true first.
    fileprivate func partitionPoint(_ isBefore: (Element) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if isBefore(self[middle]) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
