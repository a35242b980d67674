import Unpacking

/// Short texts in ASCII, of which an archive may have thousands. libmagic is not asked for the type of one: that takes
/// longer than all the rest, and what readers take out of a text is found by its own marks.
enum ShortText {
    /// In bytes. One is shorter.
    static let length: Int64 = 256
    static let mimeType = "text/plain"

    /// How the archives begin that only libmagic knows and that can be a text: those of the Internet Archive, of
    /// Android, of System V and of qpress.
    private static let marks = ["filedesc:", "ANDROID BACKUP", "# PaCkAgE", "qpress10"].map { Array($0.utf8) }

    /// Whether a text begins with a mark that libmagic has to judge, or cannot be read.
    static func hasMark(_ text: FileSlice) -> Bool {
        guard let head = try? text.bytes(at: 0, count: 16) else { return true }
        return marks.contains { head.starts(with: $0) }
    }
}
