import ScanProtocol
import Testing

@testable import Scanning

/// What a signature needs, without an engine.
struct FragmentTests {
    private static let rarity = FragmentRarity()

    private func need(_ row: String, _ kind: SignatureRow.Kind = .body) -> FragmentNeed? {
        SignatureRow.read(Array(row.utf8)[...], kind, Self.rarity)?.need
    }

    private func fragments(_ need: FragmentNeed?) -> [[UInt8]]? {
        guard case .oneOf(let fragments, _) = need else { return nil }
        return fragments.map { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
    }

    private static let patterns: [(String, Int)] = [
        ("a1b2c3d4e5f60718??91e2c7d3f5a60b1c", 2),
        ("a1b2c3d4e5f60718a?91e2c7d3f5a60b1c", 2),
        ("a1b2c3d4e5f60718*91e2c7d3f5a60b1c", 2),
        ("a1b2c3d4e5f60718{4}91e2c7d3f5a60b1c", 2),
        ("a1b2c3d4e5f60718{-9}91e2c7d3f5a60b1c", 2),
        ("a1b2c3d4e5f60718[2-4]91e2c7d3f5a60b1c", 2),
        ("a1b2c3d4e5f60718(aa|bb)91e2c7d3f5a60b1c", 2),
        ("a1b2c3d4e5f60718!(aa|bb??)91e2c7d3f5a60b1c", 2),
        ("a1b2c3d4e5f6071891e2c7d3f5a60b1c", 1),
        ("??a1b2c3d4e5f60718", 1),
        ("(B)a1b2c3d4e5f60718", 1),
        ("A1B2C3D4E5F60718", 1),
    ]

    private static let malformed: [String] = [
        "a",
        "a1b",
        "zz",
        "a1b2c3d4e5f60718{4",
        "a1b2c3d4e5f60718(aa|(bb|cc)dd)",
        "${1-2}3$",
        "a1b2c3d4e5f60718/x/",
        "a1 b2",
    ]

    private static let unfilteredBodies: [(String, WholeReason)] = [
        ("N:0:*:a1b2c3d4e5f607", WholeReason.short),
        ("N:0:*:a1b2c3d4??e5f60718??a1b2c3d4", .short),
        ("N:0:*:0000000000000000000000000000", .common),
        ("N:0:*:3c21444f43545950452068746d6c3e3c", .common),
        ("N:0:$1:a1b2c3d4e5f60718", .syntax),
        ("N:0:*:a1b2c3d4e5f60718:999", .version),
        ("N:0:*:a1b2c3d4e5f60718:1:2", .version),
        ("N:0:EOF-9:a1b2c3d4e5f60718", .offset),
        ("N:7:EOF-9,3:a1b2c3d4e5f60718", .offset),
        ("N:0:*", .syntax),
        ("N:0:*:a1b2c3d4e5f60718:51:255:1", .syntax),
        ("N:0:*:zz", .syntax),
    ]

    private static let expressions: [(String, Int?)] = [
        ("0&1", 1),
        ("0|1", 2),
        ("0&1|2", 3),
        ("0&1&2", 1),
        ("(0|1)&2", 2),
        ("(0&1)|2", 2),
        ("0>0|1", 2),
        ("0=2|1", 2),
        ("(0&1)>1", 2),
        ("(0|1|2)>1,2", 3),
        ("0&1=0", 1),
        ("0&(1<3)", nil),
        ("0=0|1", nil),
        ("0=0", nil),
        ("0<5", nil),
        ("(0|1)=0", nil),
        ("(0)&1", nil),
        ("0&", nil),
        ("9", nil),
        ("0&1)", nil),
        ("((0|1)&2", nil),
        ("0^1", nil),
        ("", nil),
        ("0>x", nil),
        ("0=0&1", 1),
        ("(0=0|1)&2", 1),
        ("(0=0&1)>0", 2),
    ]

    private static let filteredRows: [String] = [
        "N;Engine:81-255,Target:0;0;a1b2c3d4e5f60718",
        "N;Target:1,FileSize:1-2,EntryPoint:1-2,NumberOfSections:1-9;0;a1b2c3d4e5f60718",
        "N;Target:0,Container:CL_TYPE_ZIP;0;a1b2c3d4e5f60718",
        "N;Target:3;0;EOF-10:a1b2c3d4e5f60718",
        "N;Target:0;1;a1b2c3d4e5f60718;0/a.b/i",
        "N;Target:0;0&1;a1b2c3d4e5f60718;fuzzy_img#af2ad01ed42993c7",
        "N;Target:0;0&1;a1b2c3d4e5f60718;0(>>26#ib2#>512)",
        "N;Target:1;1;a1b2c3d4e5f60718;VI:0/a/",
    ]

    private static let unfilteredRows: [String] = [
        "N;Engine:250-255,Target:0;0;a1b2c3d4e5f60718",
        "N;Target:1,IconGroup1:A;0;a1b2c3d4e5f60718",
        "N;Target:0,HandlerType:CL_TYPE_HTML;0;a1b2c3d4e5f60718",
        "N;Target:0;0&1;a1b2c3d4e5f60718;${6-7}12$",
        "N;Target:0;0;fuzzy_img#af2ad01ed42993c7",
        "N;Target:0;0|1;a1b2c3d4e5f60718;0=0/a/",
        "N;Target:0;0;a1b2c3d4e5f60718::x",
        "N;Target:0;1;a1b2c3d4e5f60718;1/a/",
        "N;Target:0;1;a1b2c3d4e5f60718;0/a;b/",
        "N;Target:0;2;a1b2c3d4e5f60718",
        "N;Target;0;a1b2c3d4e5f60718",
    ]

    @Test(arguments: patterns)
    func `whatever is no literal byte ends a run`(hex: String, runs: Int) throws {
        let pattern = try #require(HexPattern(Array(hex.utf8)[...]))
        #expect(pattern.runs.count == runs)
        #expect(pattern.runs[0].first == 0xA1)
    }

    @Test(arguments: malformed)
    func `a pattern that is not understood has no runs`(hex: String) {
        #expect(HexPattern(Array(hex.utf8)[...]) == nil)
    }

    @Test func `a body needs a fragment of one of its runs, in lower case`() throws {
        // 'QZXJKVWY'
        let found = try #require(fragments(need("N:0:*:515a584a4b565759")))
        #expect(found == [Array("qzxjkvwy".utf8)])
    }

    @Test(arguments: unfilteredBodies)
    func `a body that can match without a rare fragment is not filtered`(row: String, reason: WholeReason) {
        #expect(need(row) == .nothing(reason))
    }

    /// Where a buffer of normalised text ends, a space can become two.
    @Test func `spaces are in no fragment`() {
        #expect(need("N:0:*:" + "717a20206a6b2020767720207879") == .nothing(.common))
        #expect(need("N:0:*:717a6a6b76772078797a6a6b7167") == .nothing(.common))
        let found = need("N:0:*:717a6a6b7677207879716a7a6b7178")
        #expect(fragments(found) == [Array("xyqjzkqx".utf8)])
    }

    private static let lengths: [(String, Int)] = [
        ("N:0:*:a1b2c3d4", 7),
        ("N:0:*:a1{100}b2", 107),
        ("N:0:*:a1{100}b2{20}c3", 130),
        ("N:0:*:a1{-100}b2", 8),
        ("N:0:*:a1{127}b2{128}c3{9223372036854775807}d4", 149),
        ("N;Target:0;0;{100}a1b2c3d4", 106),
        ("N;Target:0;0&1;a1b2c3d4e5f60718a1b2c3d4e5f60718;a1", 16),
        ("N;Target:0;0;a1b2c3d4e5f60718::w", 18),
    ]

    @Test(arguments: lengths)
    func `no pattern of a row is longer than its bound`(row: String, length: Int) {
        #expect(BufferOverlap.longest(in: Array(row.utf8)[...]) == length)
    }

    @Test func `an overlap of other buffers than the filter needs is named`() {
        let length = BufferOverlap.length
        #expect(BufferOverlap.obstacle([length, length]) == nil)
        let longer = BufferOverlap.obstacle([length, length + 1000])
        #expect(longer == "a pattern is longer than 4000 bytes: the engine's buffers overlap by 5000")
        let shorter = BufferOverlap.obstacle([16, length])
        #expect(shorter == "this libclamav lets its buffers overlap by 16 bytes, with a pattern of 4000")
    }

    @Test func `a database whose fragments would be too many for the filter is not filtered`() {
        let parts = "a1b2c3d4e5f60718;91e2c7d3f5a60b1c;b1c2d3e4f5a60718"
        var plan = SignaturePlan(maximumFragments: 3)
        for (name, expression) in [("A", "0|1"), ("B", "0|1|2"), ("C", "0&1&2")] {
            var file = SignaturePlan.File(.logical, of: "\(name).ldb")
            plan.read(Array("\(name);Target:0;\(expression);\(parts)".utf8)[...], into: &file)
            plan.add(file)
        }
        plan.resolveNames()
        #expect(plan.filtered[.logical] == ["A", "C"] && plan.whole[.logical] == ["B"])
        #expect(plan.databases.map(\.filtered) == [1, 0, 1] && plan.databases[1].whole == ["number": 1])
        #expect(plan.fragments.count <= 3)
    }

    @Test func `what the planner does not follow is in both engines`() {
        #expect(WholeReason.allCases.filter(\.isShared) == [.syntax, .offset])
    }

    @Test(arguments: expressions)
    func `an expression needs what all its ways to match need`(text: String, count: Int?) {
        let parts: [FragmentNeed] = (0..<3).map { .oneOf([UInt64($0) + 1], commonness: $0) }
        let found = LogicalExpression.need(Array(text.utf8)[...], parts: parts)
        guard let count else {
            if case .oneOf = found { Issue.record("\(text): \(String(describing: found))") }
            return
        }
        guard case .oneOf(let fragments, _) = found else {
            Issue.record("\(text): \(String(describing: found))")
            return
        }
        #expect(fragments.count == count, "\(text)")
    }

    @Test func `a deep expression is refused`() {
        let text = String(repeating: "(", count: 40) + "0|1" + String(repeating: ")|1", count: 39)
        #expect(
            LogicalExpression.need(Array(text.utf8)[...], parts: Array(repeating: .nothing(.short), count: 2)) == nil)
    }

    @Test func `wide and ASCII forms need a fragment each`() throws {
        let text = "717a786a6b767779"
        let wide = try #require(fragments(need("N;Target:0;0;\(text)::w", .logical)))
        #expect(wide.count == 1 && wide[0].filter { $0 == 0 }.count == 4)
        #expect(fragments(need("N;Target:0;0;\(text)::wa", .logical))?.count == 2)
        #expect(fragments(need("N;Target:0;0;\(text)::i", .logical)) == [Array("qzxjkvwy".utf8)])
    }

    @Test(arguments: filteredRows)
    func `a logical signature is filtered by the part that it needs`(row: String) {
        #expect(fragments(need(row, .logical))?.count == 1)
    }

    @Test(arguments: unfilteredRows)
    func `a logical signature that is not understood is not filtered`(row: String) {
        if case .oneOf = need(row, .logical) { Issue.record("\(row) is filtered") }
    }
}
