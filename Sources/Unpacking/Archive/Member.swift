internal import CArchive
internal import Glibc

/// One member of a container, as the container describes it.
package struct Member: Sendable, Equatable {
    /// For people: printable, at most `longestName` bytes of UTF-8.
    package let name: String
    /// The unpacked size in bytes that the container declares, or nil if it declares none before the member's end, or
    /// the size of something other than content, as some forms do for folders and links.
    package let size: Int64?
    /// Whether its bytes are encrypted. Nothing here can unpack such a member.
    package internal(set) var isEncrypted: Bool
    /// Whether it may have content to unpack. Its mode does not decide that: what one reader takes for a folder or a
    /// device is a file for another one.
    package let holdsData: Bool
    /// The bytes that the container stores as the target of a symbolic link. Empty for other members.
    package let linkTarget: [UInt8]

    package static let longestName = 120
}

extension Member {
    init(entry: OpaquePointer, of form: ContainerForm) {
        let kind = unsafe archive_entry_filetype(entry)
        let isHardLink = unsafe archive_entry_hardlink(entry) != nil || archive_entry_hardlink_w(entry) != nil
        let declaresSize = unsafe archive_entry_size_is_set(entry) != 0 && !form.isSingleStream
        let size = unsafe declaresSize ? archive_entry_size(entry) : nil
        let isRegular = kind == S_IFREG
        linkTarget = unsafe kind == S_IFLNK ? Self.linkTarget(of: entry) : []
        holdsData = (size != 0 && (!isHardLink || size != nil)) || !linkTarget.isEmpty
        self.size = holdsData ? (isRegular ? size : nil) : 0
        name = unsafe form.isSingleStream ? "" : Self.name(of: entry)
        isEncrypted = unsafe archive_entry_is_encrypted(entry) != 0
    }

    private static func linkTarget(of entry: OpaquePointer) -> [UInt8] {
        guard let text = unsafe archive_entry_symlink(entry) else { return [] }
        return unsafe Array(UnsafeRawBufferPointer(start: text, count: strlen(text)))
    }

    private static func name(of entry: OpaquePointer) -> String {
        if let bytes = unsafe archive_entry_pathname(entry) { return unsafe printable(bytes) }
        if let bytes = unsafe archive_entry_pathname_utf8(entry) { return unsafe printable(bytes) }
        return "(unreadable name)"
    }
}

/// Returns untrusted bytes as text for people: valid UTF-8 without control characters, at most `Member.longestName`
/// bytes.
func printable(_ bytes: UnsafePointer<CChar>) -> String {
    // A hostile name may be as long as memory: only this many bytes are read.
    var kept = [UInt8]()
    while kept.count < Member.longestName, unsafe bytes[kept.count] != 0 {
        unsafe kept.append(UInt8(bitPattern: bytes[kept.count]))
    }
    return printable(kept)
}

func printable(_ bytes: [UInt8]) -> String {
    var text = ""
    var length = 0
    for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
        let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
        let isInvisible = (0x200B...0x200F).contains(scalar.value) || (0x2028...0x202E).contains(scalar.value)
        let shown: Unicode.Scalar = isControl || isInvisible ? "\u{FFFD}" : scalar
        length += UTF8.width(shown)
        if length > Member.longestName { break }
        text.unicodeScalars.append(shown)
    }
    return text
}
