internal import HTTP

/// The canonical form of a request, which is hashed and signed, and its list of signed headers (AWS Signature Version
/// 4, "Create a canonical request").
struct CanonicalRequest {
    let bytes: [UInt8]
    /// `host;x-amz-date;…`
    let signedHeaders: [UInt8]

    /// - Parameters:
    ///   - path: percent-encoded, as sent.
    ///   - query: percent-encoded, as sent, without the `?`.
    ///   - headers: all headers sent, including `host`.
    init(
        method: String, path: String, query: String, headers: [HTTPHeader], payloadHash: String, pathRule: PathRule
    ) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(512)
        bytes.append(contentsOf: method.utf8)
        bytes.append(0x0A)
        pathRule.append(path, to: &bytes)
        bytes.append(0x0A)
        appendQuery(query, to: &bytes)
        bytes.append(0x0A)
        signedHeaders = appendHeaders(headers, to: &bytes)
        bytes.append(0x0A)
        bytes.append(contentsOf: signedHeaders)
        bytes.append(0x0A)
        bytes.append(contentsOf: payloadHash.utf8)
        self.bytes = bytes
    }
}

/// How a service canonicalises the path of a signed request.
enum PathRule: Sendable {
    /// S3: a key is any text, so the path is kept byte for byte.
    case verbatim
    /// Other services: empty and dot segments are removed, then the path is percent-encoded again.
    case normalised

    func append(_ path: String, to bytes: inout [UInt8]) {
        switch self {
        case .verbatim:
            bytes.append(contentsOf: path.isEmpty ? "/".utf8 : path.utf8)
        case .normalised:
            PercentEncoding.append(path: normalised(Array(path.utf8)), to: &bytes)
        }
    }

    private func normalised(_ path: [UInt8]) -> [UInt8] {
        let slash = UInt8(ascii: "/")
        let dot = UInt8(ascii: ".")
        guard let first = path.first, let last = path.last else { return [slash] }
        var kept: [ArraySlice<UInt8>] = []
        for segment in path.split(separator: slash) where !segment.elementsEqual([dot]) {
            if segment.elementsEqual([dot, dot]) {
                _ = kept.popLast()
            } else {
                kept.append(segment)
            }
        }
        var result: [UInt8] = first == slash ? [slash] : []
        result.append(contentsOf: kept.joined(separator: [slash]))
        if last == slash && !kept.isEmpty { result.append(slash) }
        return result
    }
}

/// Appends the query items in the order of their encoded bytes, by name and then by value. A missing `=` is added.
private func appendQuery(_ query: String, to bytes: inout [UInt8]) {
    if query.isEmpty { return }
    let source = Array(query.utf8)
    let items = source.split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: false).map { item in
        let name = item.prefix { $0 != UInt8(ascii: "=") }
        return (name: name, value: item[name.endIndex...].dropFirst())
    }
    let sorted = items.sorted { one, other in
        if one.name.elementsEqual(other.name) { return one.value.lexicographicallyPrecedes(other.value) }
        return one.name.lexicographicallyPrecedes(other.name)
    }
    for (index, item) in sorted.enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: "&")) }
        bytes.append(contentsOf: item.name)
        bytes.append(UInt8(ascii: "="))
        bytes.append(contentsOf: item.value)
    }
}

/// Headers that proxies or connections may change, or that have no meaning in a signature.
private let unsignedHeaders: Set<String> = [
    "authorization", "connection", "expect", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer",
    "transfer-encoding", "upgrade", "user-agent", "x-amzn-trace-id",
]

/// Appends `name:value` lines in the order of their lowercase names. Values of one name are joined by commas in the
/// given order. Returns the list of names.
private func appendHeaders(_ headers: [HTTPHeader], to bytes: inout [UInt8]) -> [UInt8] {
    var lines: [(name: String, index: Int)] = []
    lines.reserveCapacity(headers.count)
    for (index, header) in headers.enumerated() {
        let name = lowercase(header.name)
        if !unsignedHeaders.contains(name) { lines.append((name, index)) }
    }
    lines.sort { one, other in one.name == other.name ? one.index < other.index : one.name < other.name }

    var names: [UInt8] = []
    names.reserveCapacity(128)
    var previous: String?
    for (name, index) in lines {
        if name == previous {
            bytes.append(UInt8(ascii: ","))
        } else {
            if previous != nil {
                bytes.append(0x0A)
                names.append(UInt8(ascii: ";"))
            }
            bytes.append(contentsOf: name.utf8)
            names.append(contentsOf: name.utf8)
            bytes.append(UInt8(ascii: ":"))
            previous = name
        }
        if let raw = headers[index].rawValue {
            appendTrimmed(raw, to: &bytes)
        } else {
            appendTrimmed(headers[index].value.utf8, to: &bytes)
        }
    }
    if previous != nil { bytes.append(0x0A) }
    return names
}

/// Appends a value without surrounding white space, and with each inner run of it replaced by one space.
private func appendTrimmed(_ value: some Sequence<UInt8>, to bytes: inout [UInt8]) {
    var hasText = false
    var hasPendingSpace = false
    for byte in value {
        if byte == 0x20 || (0x09...0x0D).contains(byte) {
            hasPendingSpace = hasText
            continue
        }
        if hasPendingSpace { bytes.append(0x20) }
        hasPendingSpace = false
        hasText = true
        bytes.append(byte)
    }
}

private func lowercase(_ name: String) -> String {
    name.utf8.contains { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) } ? name.lowercased() : name
}
