/// A header of a request. `name` and `value` are sent unchanged; a line break or NUL in either is an error.
package struct HTTPHeader: Sendable, Equatable {
    package let name: String
    package let value: String
    /// The value's bytes if they are not UTF-8; they are sent instead of `value`.
    package let rawValue: [UInt8]?

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
        rawValue = nil
    }

    /// Creates a header whose value need not be UTF-8, such as one that a server sent.
    package init(_ name: String, bytes: [UInt8]) {
        self.name = name
        value = String(decoding: bytes, as: UTF8.self)
        rawValue = value.utf8.elementsEqual(bytes) ? nil : bytes
    }
}

/// The headers of a response, in the order received. Names are lowercase; values are the bytes received, without
/// surrounding white space.
package struct HTTPHeaders: Sendable {
    /// All names and values, concatenated.
    private var bytes: [UInt8] = []
    private var lines: [Line] = []

    private struct Line: Sendable {
        let name: Range<Int>
        let value: Range<Int>
    }

    package init() {}

    package init(_ headers: [HTTPHeader]) {
        for header in headers {
            append(name: Array(header.name.utf8), value: header.rawValue ?? Array(header.value.utf8))
        }
    }

    package var count: Int { lines.count }

    /// Returns the first value of a name, ignoring ASCII case. Bytes that are not UTF-8 become U+FFFD.
    package subscript(name: String) -> String? {
        guard let line = line(named: name) else { return nil }
        return String(decoding: bytes[line.value], as: UTF8.self)
    }

    /// Calls `body` with each header whose lowercase name starts with `prefix`: the rest of the name, and the value.
    package func forEach(startingWith prefix: String, _ body: (_ rest: String, _ value: [UInt8]) -> Void) {
        for line in lines where bytes[line.name].starts(with: prefix.utf8) {
            let rest = bytes[line.name].dropFirst(prefix.utf8.count)
            body(String(decoding: rest, as: UTF8.self), Array(bytes[line.value]))
        }
    }

    private func line(named name: String) -> Line? {
        var name = name
        return name.withUTF8 { wanted in
            for line in lines where line.name.count == wanted.count {
                var index = 0
                while index < wanted.count, unsafe bytes[line.name.lowerBound + index] == lowercased(wanted[index]) {
                    index += 1
                }
                if index == wanted.count { return line }
            }
            return nil
        }
    }

    private mutating func append(name: some Collection<UInt8>, value: some Collection<UInt8>) {
        let start = bytes.count
        bytes.append(contentsOf: name.lazy.map(lowercased))
        let middle = bytes.count
        bytes.append(contentsOf: value)
        lines.append(Line(name: start..<middle, value: middle..<bytes.count))
    }

    /// Appends a line as received. A line without a colon is ignored.
    mutating func append(line: UnsafeRawBufferPointer) {
        guard let colon = unsafe line.firstIndex(of: UInt8(ascii: ":")), colon > 0 else { return }
        var first = colon + 1
        var end = line.count
        while first < end, isSpace(unsafe line[first]) { first += 1 }
        while end > first, isSpace(unsafe line[end - 1]) { end -= 1 }
        if bytes.isEmpty {
            bytes.reserveCapacity(512)
            lines.reserveCapacity(16)
        }
        unsafe append(name: line[..<colon], value: line[first..<end])
    }
}

private func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

private func lowercased(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
}
