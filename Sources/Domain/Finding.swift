/// One fact found about an object.
package struct Finding: Hashable, Sendable {
    package enum Kind: String, CaseIterable, Sendable {
        /// A signature matched; `name` is the name of the signature or the YARA rule.
        case signature
        /// A rule of the pipeline was broken; `name` is the rule: `type-not-accepted`, `declared-type`, `too-large`,
        /// `polyglot`, `quota`.
        case rule
        /// The content was not wholly inspected; `name` is the reason: `encrypted`, `max-files`, `timed-out`,
        /// `malformed`, `over-engine-ceiling`, `scanner-died`, …
        case limit
        /// Worth knowing, without influence on the verdict.
        case note
    }

    package let kind: Kind
    package let name: String
    /// For people: what was expected and what was found; empty if the name says it all.
    package let detail: String
    /// Where it was found: the names of the parts that lead to it, such as `report.zip/payload.exe`. Empty for the
    /// object itself and if the place is not known.
    package let path: String

    package init(_ kind: Kind, _ name: String, detail: String = "", path: String = "") {
        self.kind = kind
        self.name = name
        self.detail = detail
        self.path = path
    }
}
