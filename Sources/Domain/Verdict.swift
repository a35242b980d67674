/// What an inspection says of an object. Where several hold, the greatest is the verdict.
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
    /// The verdict that one finding of this kind is enough for; nil for a note.
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
    /// The verdict that findings amount to. Only ask it of a scan that ran to its end with its evidence proven: no
    /// findings is then `clean`.
    package init(of findings: some Sequence<Finding>) {
        self = findings.compactMap(\.kind.verdict).max() ?? .clean
    }
}
