/// How many layers of a form an object has, and who opened them.
package struct FormEvidence: Sendable, Equatable {
    /// As `docs/COVERAGE.md` names it.
    package let form: String
    /// `libarchive`, `ours`, `engine`, `nobody`, or `leaf` if nothing is taken out of it.
    package let opener: String
    package let layers: Int

    package init(form: String, opener: String, layers: Int) {
        self.form = form
        self.opener = opener
        self.layers = layers
    }
}
