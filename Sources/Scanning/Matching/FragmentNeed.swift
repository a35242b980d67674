/// What must stand in a buffer before a signature, or a part of one, can match there.
enum FragmentNeed: Equatable {
    /// One of these fragments. `commonness` compares needs: what is rarer has less.
    case oneOf([UInt64], commonness: Int)
    /// It can match without a fragment that the filter could look for.
    case nothing(WholeReason)

    /// What a conjunction of parts needs: what one of them needs, the rarest.
    static func all(_ parts: [FragmentNeed]) -> FragmentNeed {
        parts.min { $0.order < $1.order } ?? .nothing(.syntax)
    }

    /// What a disjunction of parts needs: one of what each of them needs.
    static func any(_ parts: [FragmentNeed]) -> FragmentNeed {
        var (union, sum): ([UInt64], Int) = ([], 0)
        for part in parts {
            switch part {
            case .oneOf(let fragments, let commonness):
                union += fragments
                sum += commonness
            case .nothing: return part
            }
        }
        return union.isEmpty ? .nothing(.syntax) : .oneOf(union, commonness: sum)
    }

    private var order: Int {
        switch self {
        case .oneOf(_, let commonness): commonness
        case .nothing: .max
        }
    }
}

/// Why a signature of a body or logical database stays in the engine that inspects every object.
enum WholeReason: String, CaseIterable {
    /// No run of eight literal bytes.
    case short = "short"
    /// Its runs occur in ordinary files.
    case common = "common"
    /// It matches where something is absent, or occurs few times.
    case absence = "absence"
    /// It is written in a way that the planner does not follow: macros, icons, handlers, image hashes. Some of them
    /// change how libclamav reads a file, so that both engines have them.
    case syntax = "syntax"
    /// Its place is counted from a file's end or from a program's parts, and its target is any file or a text: one such
    /// signature changes how libclamav evaluates others there. Both engines have them.
    case offset = "offset"
    /// This version of the engine does not load it.
    case version = "version"
    /// Another signature of the same name stays.
    case name = "name"
    /// The filter has as many fragments as it may without the database's.
    case number = "number"

    /// Whether both engines have such signatures.
    var isShared: Bool { self == .syntax || self == .offset }
}
