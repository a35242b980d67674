/// The result of an inspection. If several apply, the greatest is the verdict.
package enum Verdict: String, CaseIterable, Sendable, Comparable {
    case clean, rejected, unscannable, infected

    package static func < (one: Verdict, other: Verdict) -> Bool { one.rank < other.rank }

    private var rank: Int {
        switch self {
        case .clean: 0
        case .rejected: 1
        case .unscannable: 2
        case .infected: 3
        }
    }
}

extension Finding.Kind {
    /// The verdict that one finding of this kind causes; nil for a note.
    package var verdict: Verdict? {
        switch self {
        case .signature: .infected
        case .limit: .unscannable
        case .rule: .rejected
        case .note: nil
        }
    }
}

extension Verdict {
    /// The verdict for some findings; `clean` if there are none. Pass all findings of a finished scan: an empty list
    /// from anything less would be a false `clean`.
    package init(of findings: some Sequence<Finding>) {
        self = findings.compactMap(\.kind.verdict).max() ?? .clean
    }
}
