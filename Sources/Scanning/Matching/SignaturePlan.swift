import CMatching
import ScanProtocol

/// Which signatures are only looked for in objects in which one of their fragments stands.
struct SignaturePlan {
    /// The names of such signatures, by kind. All rows of a name are filtered, or none.
    private(set) var filtered: [SignatureRow.Kind: Set<String>] = [.body: [], .logical: []]
    /// The names of the others.
    private(set) var whole: [SignatureRow.Kind: Set<String>] = [.body: [], .logical: []]
    /// The names of signatures that both engines have: of bytecode, and those that may change what others match.
    private(set) var shared: Set<String> = []
    private(set) var fragments: Set<UInt64> = []
    private(set) var databases: [MatchingCount] = []
    /// Why nothing can be filtered, or nil.
    private(set) var obstacle: String?

    private let rarity = FragmentRarity()
    private static let maximumFragments = 1 << 22

    init() {}

    /// The rows of one file.
    struct File {
        fileprivate let kind: SignatureRow.Kind
        fileprivate var count: MatchingCount
        fileprivate var rows: [(name: String, fragments: [UInt64])] = []
        fileprivate var whole: [String] = []
        fileprivate var shared: [String] = []

        /// - Parameter database: the file in the signature folder.
        init(_ kind: SignatureRow.Kind, of database: String) {
            self.kind = kind
            count = MatchingCount(database: database)
        }
    }

    func read(_ row: ArraySlice<UInt8>, into file: inout File) {
        guard let (name, need) = SignatureRow.read(row, file.kind, rarity) else { return }
        switch need {
        case .oneOf(let fragments, _): file.rows.append((name, fragments))
        case .nothing(let reason):
            file.whole.append(name)
            if reason.isShared { file.shared.append(name) }
            file.count.whole[reason.rawValue, default: 0] += 1
        }
    }

    mutating func readBytecode(_ row: ArraySlice<UInt8>) {
        guard let end = row.firstIndex(of: UInt8(ascii: ";")) else { return }
        shared.insert(String(decoding: row[..<end], as: UTF8.self))
    }

    mutating func add(_ file: File) {
        var file = file
        if fragments.count + file.rows.count > Self.maximumFragments {
            file.whole += file.rows.map(\.name)
            file.count.whole[WholeReason.syntax.rawValue, default: 0] += Int64(file.rows.count)
            file.rows = []
        }
        whole[file.kind]!.formUnion(file.whole)
        shared.formUnion(file.shared)
        filtered[file.kind]!.formUnion(file.rows.map(\.name))
        for row in file.rows { fragments.formUnion(row.fragments) }
        file.count.filtered = Int64(file.rows.count)
        guard let index = databases.firstIndex(where: { $0.database == file.count.database }) else {
            return databases.append(file.count)
        }
        databases[index].add(file.count)
    }

    /// Nothing is filtered, since a database cannot be read, or holds what the planner cannot follow.
    mutating func giveUp(_ reason: String) { obstacle = reason }

    /// A name that has rows of both kinds stays in the engine that inspects every object.
    mutating func resolveNames() {
        for kind in [SignatureRow.Kind.body, .logical] {
            filtered[kind]!.subtract(whole[kind]!)
            filtered[kind]!.subtract(shared)
        }
    }

    /// Whether signatures are left to filter.
    var filters: Bool { obstacle == nil && filtered.values.contains { !$0.isEmpty } }
}
