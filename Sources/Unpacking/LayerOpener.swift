/// A reader that takes the parts out of one layer, in order: members of an archive, decoded streams, attachments.
///
/// An opener starts no program, follows no name, writes to no file but the given descriptor, and treats every number in
/// the layer as hostile. It bounds its own memory, and makes progress in parts or in bytes with every step or throws
/// `.malformed`. Whatever it does not understand is an error, never the end.
package protocol LayerOpener: ~Copyable {
    /// Advances to the next part. Returns nil only at the container's true end.
    mutating func next() throws(UnpackingError) -> LayerPart?

    /// The number of its parts if that is known at the start. An object that can have no more files is given up before
    /// the first one.
    var partCount: Int? { get }

    /// Whether the current part's bytes stand in the layer as they are. Such parts can be no more than the layer unless
    /// they share bytes.
    var isStored: Bool { get }

    /// Writes the current part's bytes to the start of a scratch file.
    ///
    /// - Returns: the part's size in bytes.
    /// - Throws: `.tooLarge` if the part has more than `limit` bytes; `.scratch` or `.scratchFull` if they cannot be
    ///   written.
    mutating func unpack(into file: CInt, limit: Int64) throws(UnpackingError) -> Int64

    /// After the end: the ranges of the layer that belong to no header, part or padding.
    var unaccounted: [Range<Int64>] { get }
}

extension LayerOpener where Self: ~Copyable {
    package var partCount: Int? { nil }
    package var isStored: Bool { false }
}

/// A reader of a layer that holds one part.
package protocol SinglePartOpener: LayerOpener {
    var part: LayerPart { get }
    /// Whether the part was handed out.
    var isTaken: Bool { get set }
}

extension SinglePartOpener {
    package mutating func next() throws(UnpackingError) -> LayerPart? {
        guard !isTaken else { return nil }
        isTaken = true
        return part
    }

    package var unaccounted: [Range<Int64>] { [] }
}

/// One part of a layer, as its container describes it.
package struct LayerPart: Sendable, Equatable {
    /// For people: printable, at most `Member.longestName` bytes of UTF-8. Empty if the container gives none.
    package let name: String
    /// The unpacked size in bytes, or nil if the container does not declare it before the part's end.
    package let size: Int64?
    /// Whether its bytes need a password or a key.
    package let isEncrypted: Bool
    /// Whether nothing declares it: bytes of a text that would decode. A damaged picture among them alarms nobody.
    package let isGuess: Bool
    package let use: Use

    /// What its container has the part for.
    package enum Use: Sendable, Equatable {
        /// A file, or something that a reader can make a file of.
        case file
        /// A picture that is shown: its bytes are matched, and how well they are formed does not matter.
        case picture
        /// The container's own working data, such as the drawing operators of a page.
        case working
        /// The first bytes of a file that a text quotes. No reader gets more than they decode to.
        case quote
    }

    /// - Parameter name: as the container has it.
    package init(
        name: [UInt8] = [], size: Int64? = nil, isEncrypted: Bool = false, isGuess: Bool = false, use: Use = .file
    ) {
        self.isGuess = isGuess
        self.name = printable(name)
        self.size = size
        self.isEncrypted = isEncrypted
        self.use = use
    }

    package init(_ name: String, size: Int64? = nil, isEncrypted: Bool = false, use: Use = .file) {
        self.init(name: Array(name.utf8), size: size, isEncrypted: isEncrypted, use: use)
    }
}
