/// The bodies of HTTP messages that were saved with their heads (RFC 9112), one behind the other: chunks are joined,
/// and Brotli and bare Deflate, which have no mark of their own, are decoded. A saved body may be decoded already
/// although its head says otherwise.
package struct HTTPMessages: ListingOpener {
    private static let methods = ["GET ", "POST ", "PUT ", "PATCH ", "DELETE ", "OPTIONS ", "HEAD "]
    private static let longestHead = 256 << 10
    /// What is read first: a file may have thousands of heads.
    private static let usualHead = 8 << 10
    private static let longestSize = 16
    private static let maximumMessages = 10_000
    private static let maximumChunks = 1_000_000

    private let layer: FileSlice
    package var parts = ListedParts()
    private var chunks = 0
    /// Whether a body to the layer's end is among the parts.
    private var hasRest = false

    /// Whether the first line is that of a response or a request, and a field follows.
    static func isHead(_ head: FileStart) -> Bool {
        let lines = head.bytes.prefix(8192).split(separator: 0x0A, maxSplits: 2)
        guard lines.count > 1, isFirstLine(lines[0]) else { return false }
        return isStatus(lines[0]) || MailHead.fieldName(of: lines[1]) != nil || lines[1] == [0x0D]
    }

    /// `HTTP/1.1 200`: no field has to follow.
    private static func isStatus(_ line: ArraySlice<UInt8>) -> Bool {
        let words = line.split(separator: 0x20)
        let isVersion = words.first?.dropFirst(5).allSatisfy { (0x30...0x39).contains($0) || $0 == 0x2E } ?? false
        return words.count > 1 && words[0].starts(with: "HTTP/".utf8) && isVersion && words[1].prefix(4).count == 3
            && words[1].allSatisfy { (0x30...0x39).contains($0) }
    }

    private static func isFirstLine(_ line: ArraySlice<UInt8>) -> Bool {
        if line.starts(with: "HTTP/".utf8) {
            return line.dropFirst(5).first.map { (0x30...0x39).contains($0) } ?? false
        }
        let line = Array(line)
        return methods.contains { line.starts(with: $0.utf8) } && line.index(of: Array(" HTTP/".utf8)) != nil
    }

    /// - Throws: `.tooLarge`.
    package init(_ layer: FileSlice) throws(UnpackingError) {
        self.layer = layer
        var offset: Int64 = 0
        for _ in 0..<Self.maximumMessages {
            var head = try layer.bytes(at: offset, count: Self.usualHead)
            if head.count == Self.usualHead, Self.endOfHead(head) == nil {
                head = try layer.bytes(at: offset, count: Self.longestHead)
            }
            guard Self.isHead(FileStart(bytes: head)) else { return }
            guard let length = Self.endOfHead(head) else {
                // A status line and no field: a log.
                let lines = head.prefix(8192).split(separator: 0x0A, maxSplits: 2)
                let isLog = lines.count > 1 && MailHead.fieldName(of: lines[1]) == nil
                if isLog || head.count < Self.longestHead { return }
                throw UnpackingError(.tooLarge, "a head of more than \(Self.longestHead) bytes")
            }
            let fields = Self.fields(head[..<length])
            let start = offset + Int64(length)
            offset = try takeBody(at: start, fields)
            // A body without a length extends to the end, also over messages that another reader finds in it.
            if offset == layer.size, let next = try nextHead(from: start) { offset = next }
        }
        throw UnpackingError(.tooLarge, "more messages than are read")
    }

    /// Returns the length of a head with its empty line, or nil if that is missing.
    private static func endOfHead(_ bytes: [UInt8]) -> Int? {
        let ends = [[0x0D, 0x0A, 0x0D, 0x0A], [0x0A, 0x0A]].compactMap { (end: [UInt8]) in
            bytes.index(of: end).map { $0 + end.count }
        }
        return ends.min()
    }

    /// Returns the fields of a head in small letters, those that go over several lines each in one (RFC 9112, 5.2).
    private static func fields(_ head: ArraySlice<UInt8>) -> [String] {
        var fields: [String] = []
        for line in String(decoding: head, as: UTF8.self).lowercased().split(whereSeparator: \.isNewline) {
            if line.first == " " || line.first == "\t", !fields.isEmpty {
                fields[fields.count - 1] += line
            } else {
                fields.append(String(line))
            }
        }
        return fields
    }

    /// Returns where the next answer begins, also within a line.
    private func nextHead(from start: Int64) throws(UnpackingError) -> Int64? {
        let mark = Array("HTTP/1.".utf8)
        var offset = start
        while offset + Int64(mark.count) <= layer.size {
            let block = try layer.bytes(at: offset, count: offset == start ? Self.usualHead : Self.longestHead)
            var place = 0
            while let index = block.index(of: mark, from: place) {
                let head = try layer.bytes(at: offset + Int64(index), count: 8192)
                if Self.isHead(FileStart(bytes: head)) { return offset + Int64(index) }
                place = index + mark.count
            }
            // A mark may begin in this block and end in the next one.
            offset += Int64(max(1, block.count - mark.count + 1))
        }
        return nil
    }

    /// Returns what the fields of a name list.
    private static func values(of name: String, _ fields: [String]) -> [Substring] {
        fields.filter { $0.hasPrefix(name) }.flatMap { $0.dropFirst(name.count).split { !$0.isLetter } }
    }

    /// Adds a body, and returns where the next message may begin.
    private mutating func takeBody(at start: Int64, _ fields: [String]) throws(UnpackingError) -> Int64 {
        if Self.values(of: "transfer-encoding:", fields).contains("chunked"), let body = try joined(from: start) {
            try add(body.data, fields)
            guard body.isDamaged else { return body.end }
            // What follows damage between chunks is a part as it is, that of further messages up to the next one.
            let end = hasRest ? try nextHead(from: body.end) ?? layer.size : layer.size
            hasRest = true
            try parts.add("body", body.end..<end, of: layer)
            return layer.size
        }
        var end = layer.size
        if let field = fields.first(where: { $0.hasPrefix("content-length:") }),
            let length = Int64(field.dropFirst(15).filter { !$0.isWhitespace }), length >= 0, length < end - start,
            Self.isHead(FileStart(bytes: try layer.bytes(at: start + length, count: 8192)))
        {
            end = start + length
        } else if Self.isHead(FileStart(bytes: try layer.bytes(at: start, count: 8192))) {
            // Heads of other answers before, such as those of a redirection.
            return start
        }
        if !hasRest || end < layer.size { try add(ScatteredSlice(layer, start..<end), fields) }
        guard end == layer.size else { return end }
        // The bodies of further messages would multiply: each ends with the next one.
        if hasRest { try add(ScatteredSlice(layer, start..<(try nextHead(from: start) ?? end)), fields) }
        hasRest = true
        return end
    }

    private mutating func add(_ body: ScatteredSlice, _ fields: [String]) throws(UnpackingError) {
        guard body.size > 0 else { return }
        try parts.add(ListedParts.Part(Array("body".utf8), .layer(body)))
        let codings = ["content-encoding:", "transfer-encoding:"].flatMap { Self.values(of: $0, fields) }
        guard !codings.isEmpty else { return }
        let start = try body.bytes(at: 0, count: 1 << 12)
        let head = FileStart(bytes: start)
        if codings.contains("deflate"), !head.isZlib, head.isBinary,
            ZlibStream.prefix(of: start, .raw, count: 64) != nil
        {
            try parts.add(ListedParts.Part(Array("decoded body".utf8), .layer(body, .deflate)))
        } else if codings.contains("br"), head.isBinary {
            try parts.add(ListedParts.Part(Array("decoded body".utf8), .layer(body, .brotli)))
        }
    }

    /// Joins the chunks from an offset on (7.1). Nil if the first line is no size of a chunk.
    private mutating func joined(
        from start: Int64
    ) throws(UnpackingError) -> (data: ScatteredSlice, end: Int64, isDamaged: Bool)? {
        var (data, offset) = (ScatteredSlice(layer), start)
        while true {
            chunks += 1
            guard chunks <= Self.maximumChunks else { throw UnpackingError(.tooLarge, "more chunks than are read") }
            let line = try layer.bytes(at: offset, count: 4096)
            let digits = line.prefix { $0.hexadecimalValue != nil }
            guard (1...Self.longestSize).contains(digits.count), let end = line.firstIndex(of: 0x0A) else {
                return offset == start ? nil : (data, offset, offset < layer.size)
            }
            let size = digits.reduce(UInt64(0)) { $0 << 4 | UInt64($1.hexadecimalValue!) }
            offset += Int64(end) + 1
            guard size > 0 else { return (data, try endOfTrailer(from: offset), false) }
            let body = offset..<offset + min(Int64(bounding: size), layer.size - offset)
            try data.append(body)
            offset = body.upperBound
            let after = try layer.bytes(at: offset, count: 2)
            offset += after.starts(with: [0x0D, 0x0A]) ? 2 : after.first == 0x0A ? 1 : 0
        }
    }

    /// The fields behind the last chunk end with an empty line.
    private func endOfTrailer(from start: Int64) throws(UnpackingError) -> Int64 {
        var lines = TextLines(layer, in: start..<min(layer.size, start + Int64(Self.longestHead)))
        while let line = try lines.next() {
            if line.bytes.isEmpty { return line.next }
            guard MailHead.fieldName(of: line.bytes) != nil else { return line.start }
        }
        return layer.size
    }

    package var unaccounted: [Range<Int64>] { [] }
}
