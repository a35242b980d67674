/// What becomes of every form that libmagic, the engine or the scanner's own search can name: the one table from which
/// the scanner opens layers, the worker judges an object's type, and `docs/COVERAGE.md` is generated.
///
/// A form that has no row is unknown bytes. Source of the names: libmagic 5.44's compiled table, libclamav 1.4.
package enum Coverage {
    package static let rows: [CoverageRow] = opened + images + carried + refused + leaves

    private static let byForm = Dictionary(rows.map { ($0.form, $0) }) { first, _ in first }
    private static let byEngineType = index(\.engineTypes)
    private static let byMIMEType = index(\.mimeTypes)

    package static func row(form: String) -> CoverageRow? { byForm[form] }

    /// - Parameter engineType: the engine's name for a type (`CL_TYPE_…`).
    package static func row(engineType: String) -> CoverageRow? { byEngineType[engineType] }

    /// - Parameter mimeType: as libmagic names it. A row may name a whole class, such as `image/*`.
    package static func row(mimeType: String) -> CoverageRow? {
        if let row = byMIMEType[mimeType] { return row }
        return mimeType.split(separator: "/").first.flatMap { byMIMEType["\($0)/*"] }
    }

    private static func index(_ names: (CoverageRow) -> [String]) -> [String: CoverageRow] {
        Dictionary(rows.flatMap { row in names(row).map { ($0, row) } }) { first, _ in first }
    }
}

/// One form, and who accounts for its bytes.
package struct CoverageRow: Sendable, Equatable {
    package enum Opener: String, Sendable, CaseIterable {
        /// libarchive lists and unpacks the parts.
        case libarchive
        /// A reader of this project does.
        case ours
        /// Only the engine opens it.
        case engine
        /// A known form that nothing here opens: a layer of it is a gap, at any depth.
        case nobody
        /// No ordinary software takes files out of it: its bytes are matched.
        case leaf
    }

    /// The form's name in evidence.
    package let form: String
    package let opener: Opener
    /// The names that libmagic has for it.
    package let mimeTypes: [String]
    /// The names that the engine has for it.
    package let engineTypes: [String]
    /// How its bytes are accounted for.
    package let account: String
    /// The finding for a layer that is not opened. Empty for a leaf.
    package let refusal: String
    /// Why it is a leaf, or is not opened.
    package let reason: String

    init(
        _ form: String, _ opener: Opener, mimeTypes: [String] = [], engineTypes: [String] = [], account: String = "",
        refusal: String = "", reason: String = ""
    ) {
        self.form = form
        self.opener = opener
        self.mimeTypes = mimeTypes
        self.engineTypes = engineTypes
        self.account = account
        self.refusal = refusal.isEmpty && opener != .leaf ? "unsupported-container" : refusal
        self.reason = reason
    }
}
