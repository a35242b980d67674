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

    /// The names in the rows that were found to be filterable, until names are resolved.
    private var filterable: [(database: Int, kind: SignatureRow.Kind, names: [String])] = []
    private let rarity = FragmentRarity()
    /// The filter takes 32 bytes for each fragment, and 4 MiB.
    private let maximumFragments: Int

    init(maximumFragments: Int = 1 << 22) { self.maximumFragments = maximumFragments }

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
        if fragments.count + file.rows.reduce(0, { $0 + $1.fragments.count }) > maximumFragments {
            file.whole += file.rows.map(\.name)
            file.count.whole[WholeReason.number.rawValue, default: 0] += Int64(file.rows.count)
            file.rows = []
        }
        whole[file.kind]!.formUnion(file.whole)
        shared.formUnion(file.shared)
        let names = file.rows.map(\.name)
        filtered[file.kind]!.formUnion(names)
        for row in file.rows { fragments.formUnion(row.fragments) }
        file.count.filtered = Int64(file.rows.count)
        let index = databases.firstIndex { $0.database == file.count.database } ?? databases.count
        filterable.append((index, file.kind, names))
        if index == databases.count { databases.append(file.count) } else { databases[index].add(file.count) }
    }

    /// Nothing is filtered, since a database cannot be read, or holds what the planner cannot follow.
    mutating func giveUp(_ reason: String) { obstacle = reason }

    /// A name that has rows of both kinds stays in the engine that inspects every object.
    mutating func resolveNames() {
        for kind in [SignatureRow.Kind.body, .logical] {
            filtered[kind]!.subtract(whole[kind]!)
            filtered[kind]!.subtract(shared)
        }
        for (database, kind, names) in filterable {
            let left = Int64(names.count { !filtered[kind]!.contains($0) })
            guard left > 0 else { continue }
            databases[database].filtered -= left
            databases[database].whole[WholeReason.name.rawValue, default: 0] += left
        }
        filterable = []
    }

    /// Whether signatures are left to filter.
    var filters: Bool { obstacle == nil && filtered.values.contains { !$0.isEmpty } }
}
