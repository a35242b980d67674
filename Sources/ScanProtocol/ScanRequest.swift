package import Domain

/// A request to a scanner child. Each one comes with exactly one descriptor, open for reading the object's bytes.
package enum ScanRequest: Sendable, Equatable {
    /// Asks for the MIME type of the file's first `size` bytes. The file may be longer.
    ///
    /// - Parameter encoding: if the bytes are encoded so, the type of the decoded content is asked for.
    case identify(size: Int64, encoding: ContentEncoding?)
    /// Asks for a scan of the file, which is `size` bytes long.
    ///
    /// - Parameters:
    ///   - knownType: the MIME type of the whole file, if the worker knows it; nil has the child find it.
    ///   - encoding: by which the file's user will decode it. Brotli is known by nothing else.
    ///   - matching: a scanner without a filter matches against all signatures.
    case scan(
        size: Int64, limits: ScanLimits, knownType: String?, encoding: ContentEncoding?,
        matching: PatternMatching = .filtered)

    private enum Tag {
        static let identify: UInt8 = 1
        static let scan: UInt8 = 2
    }

    package var packet: [UInt8] {
        switch self {
        case .identify(let size, let encoding):
            var writer = PacketWriter(tag: Tag.identify)
            writer.write(size)
            writer.write(encoding?.rawValue ?? "")
            return writer.bytes
        case .scan(let size, let limits, let knownType, let encoding, let matching):
            var writer = PacketWriter(tag: Tag.scan)
            writer.write(size)
            writer.write(limits.timeout.wholeMilliseconds)
            writer.write(max(0, limits.maxScanSize))
            writer.write(Int64(max(0, limits.maxFiles)))
            writer.write(Int64(max(0, limits.maxRecursion)))
            writer.write(limits.encrypted == .allow)
            writer.write(limits.overCeiling == .stream)
            writer.write(limits.hashesImages)
            writer.write(limits.unknown == .unscannable)
            writer.write(knownType ?? "")
            writer.write(encoding?.rawValue ?? "")
            writer.write(matching.code)
            return writer.bytes
        }
    }

    package init(packet: [UInt8], count: Int) throws(PacketError) {
        var reader = try PacketReader(packet, count: count)
        switch reader.tag {
        case Tag.identify:
            let size: Int64 = try reader.count("size")
            self = .identify(size: size, encoding: try reader.encoding())
        case Tag.scan:
            let size: Int64 = try reader.count("size")
            let timeout: Int64 = try reader.count("timeout", atMost: Duration.longestMilliseconds)
            let maxScanSize: Int64 = try reader.count("max-scan-size")
            let maxFiles: Int64 = try reader.count("max-files")
            let maxRecursion: Int64 = try reader.count("max-recursion")
            let allowsEncrypted = try reader.flag()
            let streams = try reader.flag()
            let hashesImages = try reader.flag()
            let refusesUnknown = try reader.flag()
            let knownType = try reader.text()
            let encoding = try reader.encoding()
            guard let matching = PatternMatching(code: try reader.number()) else { throw .badValue("matching") }
            let limits = ScanLimits(
                timeout: .milliseconds(timeout), maxScanSize: maxScanSize, maxFiles: Int(maxFiles),
                maxRecursion: Int(maxRecursion), encrypted: allowsEncrypted ? .allow : .unscannable,
                overCeiling: streams ? .stream : .unscannable, hashesImages: hashesImages,
                unknown: refusesUnknown ? .unscannable : .match)
            self = .scan(
                size: size, limits: limits, knownType: knownType.isEmpty ? nil : knownType, encoding: encoding,
                matching: matching)
        default:
            throw .unknownTag(reader.tag)
        }
        try reader.finish()
    }
}

extension PacketReader {
    fileprivate mutating func encoding() throws(PacketError) -> ContentEncoding? {
        let name = try text()
        if name.isEmpty { return nil }
        guard let encoding = ContentEncoding(rawValue: name) else { throw .badValue("encoding") }
        return encoding
    }
}

extension Duration {
    /// The longest duration that a packet carries, some eleven days; a longer one is sent as this.
    package static var longestMilliseconds: Int64 { 1_000_000_000 }

    /// Whole milliseconds, rounded down and clamped to 0...`longestMilliseconds`.
    package var wholeMilliseconds: Int64 {
        let parts = components
        guard parts.seconds >= 0, parts.attoseconds >= 0 else { return 0 }
        guard parts.seconds < Self.longestMilliseconds / 1000 else { return Self.longestMilliseconds }
        return parts.seconds * 1000 + parts.attoseconds / 1_000_000_000_000_000
    }
}
