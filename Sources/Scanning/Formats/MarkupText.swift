/// The beginning of an HTML or XML text, in ASCII as far as its markup goes.
struct MarkupText {
    let chunk: Chunk
    var count: Int { chunk.bytes.count }

    init(_ head: Chunk) {
        let bytes = head.bytes
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
            chunk = Chunk(start: 0, bytes: Array(bytes.dropFirst(3)))
        } else if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
            // Of UTF-16, the lower byte of each unit: all markup is ASCII.
            let low = bytes[0] == 0xFF ? 2 : 3
            chunk = Chunk(start: 0, bytes: stride(from: low, to: bytes.count, by: 2).map { bytes[$0] })
        } else {
            chunk = head
        }
    }

    /// The local name of the first element in lower case, and the text of its tag.
    var rootElement: (name: String, attributes: String)? {
        var at = endOfBlanks(from: 0)
        while chunk.byte(at: at) == UInt8(ascii: "<") {
            if chunk.matches("<!--", at: at) {
                guard let end = chunk.first("-->", from: at + 4, to: count) else { return nil }
                at = endOfBlanks(from: end + 3)
            } else if chunk.matches("<?", at: at) {
                guard let end = chunk.first("?>", from: at + 2, to: count) else { return nil }
                at = endOfBlanks(from: end + 2)
            } else if chunk.matches("<!doctype", at: at) {
                guard let end = endOfDoctype(from: at) else { return nil }
                at = endOfBlanks(from: end)
            } else {
                return element(at: at)
            }
        }
        return nil
    }

    private func element(at start: Int) -> (name: String, attributes: String)? {
        let rest = chunk.bytes[(start + 1)...]
        let name = rest.prefix { !Self.isBlank($0) && $0 != UInt8(ascii: ">") && $0 != UInt8(ascii: "/") }
        guard !name.isEmpty, name.count <= 64 else { return nil }
        let local = name.split(separator: UInt8(ascii: ":")).last ?? name
        let tag = rest.dropFirst(name.count).prefix(4096).prefix { $0 != UInt8(ascii: ">") }
        return (String(decoding: local, as: UTF8.self).lowercased(), String(decoding: tag, as: UTF8.self))
    }

    /// A doctype ends at its `>`, behind an internal subset in brackets.
    private func endOfDoctype(from start: Int) -> Int? {
        guard let end = chunk.first(">", from: start, to: count) else { return nil }
        guard let subset = chunk.first("[", from: start, to: end) else { return end + 1 }
        guard let close = chunk.first("]", from: subset, to: count) else { return nil }
        return chunk.first(">", from: close, to: count).map { $0 + 1 }
    }

    func endOfBlanks(from start: Int) -> Int {
        var at = start
        while let byte = chunk.byte(at: at), Self.isBlank(byte) { at += 1 }
        return at
    }

    static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}
