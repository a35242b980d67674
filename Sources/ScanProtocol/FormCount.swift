/// How many layers of a form were found, and who opened them.
package struct FormCount: Sendable, Equatable {
    /// A row of `Coverage`, or `unknown`.
    package let form: String
    package let opener: CoverageRow.Opener
    package var layers: UInt32

    package init(form: String, opener: CoverageRow.Opener, layers: UInt32) {
        self.form = form
        self.opener = opener
        self.layers = layers
    }
}

extension CoverageRow.Opener {
    /// The opener in a packet.
    var code: UInt8 {
        switch self {
        case .libarchive: 0
        case .ours: 1
        case .engine: 2
        case .nobody: 3
        case .leaf: 4
        }
    }

    init?(code: UInt8) {
        guard let opener = Self.allCases.first(where: { $0.code == code }) else { return nil }
        self = opener
    }
}
