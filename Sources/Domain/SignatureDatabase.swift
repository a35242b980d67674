/// One file of the signatures that a scan went by.
package struct SignatureDatabase: Hashable, Sendable {
    /// The file's name: `daily.cld`.
    package let name: String
    /// Of a signed database; nil for a plain file of signatures.
    package let version: Int64?
    /// When a signed database was built; when a plain file was last written.
    package let built: Timestamp

    package init(name: String, version: Int64?, built: Timestamp) {
        self.name = name
        self.version = version
        self.built = built
    }
}
