import Unpacking

/// How an object beyond the engine's ceiling is inspected.
enum StreamPlan: Equatable {
    /// Each member is scanned as a file.
    case members(ContainerForm)
    /// The bytes are matched in overlapping windows, and forms that are found in them are opened whole.
    case windows
    /// It cannot be inspected in parts.
    case none

    /// - Parameters:
    ///   - form: detected from the object's first bytes.
    ///   - type: the object's MIME type.
    init(form: ContainerForm?, type: String) {
        if let form, !form.leavesRest {
            self = form.isSupported && !form.isIndivisible ? .members(form) : .none
        } else {
            self = Self.isPlain(type) ? .windows : .none
        }
    }

    /// Whether the engine only matches bytes of this type, so that parts can be matched one by one. For other types it
    /// follows references within the file (PDF, executables, office documents, images), or converts the whole before it
    /// matches (pages, mail, XML documents, RTF).
    static func isPlain(_ type: String) -> Bool {
        if convertedTexts.contains(type) { return false }
        return plainTypes.contains(type) || plainPrefixes.contains { type.utf8.starts(with: $0.utf8) }
    }

    private static let plainPrefixes = ["text/", "audio/", "video/"]
    private static let convertedTexts: Set<String> = [
        "text/html", "text/xml", "text/rtf", "text/calendar", "text/vcard", "text/PGP",
    ]
    /// Data without structure, records, measurements and logs.
    private static let plainTypes: Set<String> = [
        "application/octet-stream", "application/json", "application/x-ndjson", "application/csv",
        "application/vnd.tcpdump.pcap", "application/x-matroska", "application/ogg", "application/mp4",
        "application/vnd.sqlite3", "application/x-sqlite3", "application/x-hdf5", "application/x-hdf",
        "application/fits", "application/x-wine-extension-ini", "application/pgp-encrypted",
    ]
}
