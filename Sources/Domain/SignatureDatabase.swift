/// One file of a signature set.
package struct SignatureDatabase: Hashable, Sendable {
    /// The file's name: `daily.cld`.
    package let name: String
    /// The version of a signed database (`.cvd`, `.cld`); nil for a plain file.
    package let version: Int64?
    /// How many signatures the engine loaded from the file; nil in evidence, which does not keep it.
    package let signatures: Int64?
    /// When a signed database was built, by its header; when a plain file was last written.
    package let built: Timestamp

    package init(name: String, version: Int64?, signatures: Int64? = nil, built: Timestamp) {
        self.name = name
        self.version = version
        self.signatures = signatures
        self.built = built
    }

    /// The same database without its count, as evidence keeps it.
    package var withoutCount: SignatureDatabase { SignatureDatabase(name: name, version: version, built: built) }
}
