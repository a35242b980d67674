import Domain
import FoundationEssentials
import Support

/// Encodes signature sets as the JSON texts that the store holds, and decodes them.
///
/// Jobs of the same time have the same set, so the last set of each direction is cached. The text is the cache's key:
/// it stays valid if a transaction is rolled back.
struct SignatureSets {
    private var written: (databases: [SignatureDatabase], text: String)?
    private var read: (text: String, databases: [SignatureDatabase])?

    /// Returns nil for an empty set.
    mutating func text(of databases: [SignatureDatabase]) -> String? {
        guard !databases.isEmpty else { return nil }
        if let written, written.databases == databases { return written.text }
        let bytes = JSONWriter.stored { json in
            json.objects("databases", databases) { database, json in
                json.field("name", database.name)
                json.field("version", database.version)
                json.field("built", database.built.milliseconds)
            }
        }
        let text = String(decoding: bytes, as: UTF8.self)
        written = (databases, text)
        return text
    }

    /// Returns nil if `text(of:)` did not write the text; an empty set for nil.
    mutating func databases(of text: String?) -> [SignatureDatabase]? {
        guard let text else { return [] }
        if let read, read.text.utf8.elementsEqual(text.utf8) { return read.databases }
        guard let stored = try? JSONDecoder().decode(Stored.self, from: Data(text.utf8)) else { return nil }
        let databases = stored.databases.map {
            SignatureDatabase(name: $0.name, version: $0.version, built: Timestamp(milliseconds: $0.built))
        }
        read = (text, databases)
        return databases
    }

    private struct Stored: Decodable {
        struct StoredDatabase: Decodable {
            let name: String
            let version: Int64?
            let built: Int64
        }
        let databases: [StoredDatabase]
    }
}
