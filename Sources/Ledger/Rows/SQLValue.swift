import Domain

/// A value that a statement of either driver binds.
enum SQLValue: Sendable {
    case null
    case integer(Int64)
    case text(String)
    case bytes([UInt8])

    init(_ text: String?) { self = text.map(Self.text) ?? .null }
    init(_ integer: Int64?) { self = integer.map(Self.integer) ?? .null }
    init(_ integer: Int?) { self.init(integer.map(Int64.init)) }

    /// Times are stored as milliseconds since 1970.
    init(_ time: Timestamp?) { self.init(time?.milliseconds) }

    /// Keys are stored as bytes: S3 compares them byte by byte, and so do searches by prefix.
    init(_ key: ObjectKey?) { self = key.map { .bytes(Array($0.text.utf8)) } ?? .null }
}
