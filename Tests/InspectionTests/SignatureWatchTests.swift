import Domain
import Foundation
import ScanProtocol
import ScannerTestKit
import Testing

@testable import Inspection

/// When the folder's signatures are loaded, snapshot by snapshot, on the test's clock.
struct SignatureWatchTests {
    /// A snapshot, its second, and the expected advice.
    typealias Step = (second: Int, sees: SignatureSnapshot, advice: SignatureWatch.Advice)

    private static func snapshot(_ size: Int64, modified: Int64 = 1, inode: UInt64 = 1) -> SignatureSnapshot {
        SignatureSnapshot(
            .files([.init(name: "a.ndb", size: size, modified: modified, device: 1, inode: inode)]))
    }
    private static let serving = snapshot(10)

    static let stories: [(String, [Step])] = [
        ("a folder that stays as it is", [(0, serving, .stay), (10, serving, .stay), (20, serving, .stay)]),
        ("a new file", [(0, serving, .stay), (10, snapshot(11), .stay), (20, snapshot(11), .load)]),
        (
            "the same size, another time",
            [(0, snapshot(10, modified: 2), .stay), (10, snapshot(10, modified: 2), .load)]
        ),
        (
            "the same size and time, another file",
            [(0, snapshot(10, inode: 2), .stay), (10, snapshot(10, inode: 2), .load)]
        ),
        (
            "a file that grows",
            [(0, snapshot(11), .stay), (10, snapshot(12), .stay), (20, snapshot(13), .stay), (30, snapshot(13), .load)]
        ),
        (
            "two looks too close together",
            [(0, snapshot(11), .stay), (9, snapshot(11), .stay), (10, snapshot(11), .load)]
        ),
        (
            "a change that is taken back",
            [(0, snapshot(11), .stay), (10, serving, .stay), (20, serving, .stay), (30, serving, .stay)]
        ),
        (
            "to and fro",
            [(0, snapshot(11), .stay), (10, serving, .stay), (20, snapshot(11), .stay), (30, snapshot(11), .load)]
        ),
        (
            "a folder that is gone, and comes back",
            [
                (0, SignatureSnapshot(.unreadable("gone")), .stay), (10, SignatureSnapshot(.unreadable("gone")), .load),
                (20, serving, .stay), (30, serving, .stay),
            ]
        ),
        ("an emptied folder", [(0, SignatureSnapshot(.files([])), .stay), (10, SignatureSnapshot(.files([])), .load)]),
    ]

    @Test(arguments: stories) func `a set is loaded once it is stable`(name: String, steps: [Step]) {
        var watch = SignatureWatch(interval: .seconds(10))
        let start = ContinuousClock.now
        for step in steps {
            watch.observe(step.sees, startedAt: start + .seconds(step.second))
            #expect(watch.advice(serving: Self.serving, loading: nil) == step.advice, "\(name), second \(step.second)")
        }
    }

    @Test func `a refused set is not loaded again until the folder changes`() {
        var watch = SignatureWatch(interval: .seconds(10))
        let start = ContinuousClock.now
        let (bad, good) = (Self.snapshot(11), Self.snapshot(12))
        func advice(_ second: Int, _ snapshot: SignatureSnapshot) -> SignatureWatch.Advice {
            watch.observe(snapshot, startedAt: start + .seconds(second))
            return watch.advice(serving: Self.serving, loading: nil)
        }
        #expect(advice(0, bad) == .stay)
        #expect(advice(10, bad) == .load)
        watch.refuse(bad)
        for second in [20, 30, 3600] { #expect(advice(second, bad) == .stay) }
        #expect(advice(3610, good) == .stay)
        #expect(advice(3620, good) == .load)
        watch.accept()
        #expect(watch.refused == nil)
    }

    @Test func `a load is abandoned when the folder changes`() {
        var watch = SignatureWatch(interval: .seconds(10))
        let start = ContinuousClock.now
        let (first, second) = (Self.snapshot(11), Self.snapshot(12))
        watch.observe(first, startedAt: start)
        #expect(watch.advice(serving: Self.serving, loading: first) == .stay)
        watch.observe(second, startedAt: start + .seconds(10))
        #expect(watch.advice(serving: Self.serving, loading: first) == .abandon)
        // The next set must be stable first.
        #expect(watch.advice(serving: Self.serving, loading: nil) == .stay)
        watch.observe(second, startedAt: start + .seconds(20))
        #expect(watch.advice(serving: Self.serving, loading: nil) == .load)
    }

    // MARK: Snapshots

    /// A change to a folder with one database, and whether it makes another set.
    static let deeds: [(String, isChange: Bool, @Sendable (Folder) throws -> Void)] = [
        ("nothing", false, { _ in }),
        ("a file of another kind", false, { try $0.write("freshclam.dat", [1]) }),
        (
            "a folder in it", false,
            { try FileManager.default.createDirectory(atPath: "\($0.path)/tmp.1", withIntermediateDirectories: false) }
        ),
        ("more rows", true, { try $0.write("test.ndb", ScannerFixture.eicarRow + ScannerFixture.eicarRow) }),
        (
            "the same rows in another file", true,
            { folder in
                try folder.write("new", ScannerFixture.eicarRow)
                try #require(rename("\(folder.path)/new", "\(folder.path)/test.ndb") == 0)
            }
        ),
        ("one more database", true, { try $0.write("more.yar", [1]) }),
        ("an ending in capitals", true, { try $0.write("MORE.NDB", [1]) }),
        ("no database any more", true, { try FileManager.default.removeItem(atPath: "\($0.path)/test.ndb") }),
        ("no folder any more", true, { try FileManager.default.removeItem(atPath: $0.path) }),
        (
            "a link that leads nowhere", true,
            { try FileManager.default.createSymbolicLink(atPath: "\($0.path)/a.ndb", withDestinationPath: "/nowhere") }
        ),
    ]

    @Test(arguments: deeds.indices) func `a snapshot differs only if the databases do`(index: Int) throws {
        let (name, isChange, deed) = Self.deeds[index]
        let folder = try ScannerFixture.signatureFolder()
        let before = SignatureSnapshot(folder: folder.path)
        try deed(folder)
        #expect((SignatureSnapshot(folder: folder.path) != before) == isChange, "\(name)")
    }

    @Test func `an unreadable folder is reported with the reason`() {
        #expect(
            SignatureSnapshot(folder: "/nowhere/signatures").content
                == .unreadable("/nowhere/signatures: No such file or directory"))
    }

    // MARK: Which set may replace which

    private static func description(
        _ signatures: Int64, _ names: [String] = [], findsEicar: Bool = false
    ) -> EngineDescription {
        EngineDescription(
            EngineFacts(
                engine: "ClamAV 1", signatures: signatures,
                databases: names.map {
                    .init(
                        name: $0, version: SignatureFile.isSigned($0) ? 1 : nil, signatures: 1,
                        built: .init(milliseconds: 0))
                }, findsEicar: findsEicar))
    }

    static let successions: [(old: EngineDescription, new: EngineDescription, refusal: String?)] = [
        (description(100), description(100), nil),
        (description(100), description(1_000_000), nil),
        (description(100), description(50), nil),
        (description(100), description(49), "the set holds 49 signatures, less than half of the 100 that serve"),
        (description(3), description(2), nil),
        (description(3), description(1), "the set holds 1 signatures, less than half of the 3"),
        (description(1), description(0), "the set holds no signature"),
        (description(9, findsEicar: true), description(9, findsEicar: true), nil),
        (description(9), description(9, findsEicar: true), nil),
        (description(9, findsEicar: true), description(9), "the set does not find the EICAR test file"),
        (description(9, ["daily.cvd", "main.cvd"]), description(9, ["daily.cld", "main.cvd"]), nil),
        (description(9, ["daily.cvd", "main.cvd"]), description(9, ["main.cvd"]), "the set lacks daily, which"),
        (description(9, ["daily.cvd"]), description(9, ["daily.ndb"]), "the set lacks daily, which"),
        (description(9, ["a.ndb", "b.yar"]), description(9, ["a.ndb"]), nil),
    ]

    private static func set(
        _ databases: [(name: String, version: Int64?, count: Int64)], falseAlarm: String = ""
    ) -> EngineDescription {
        EngineDescription(
            EngineFacts(
                engine: "ClamAV 1", signatures: databases.reduce(0) { $0 + $1.count },
                databases: databases.map {
                    .init(name: $0.name, version: $0.version, signatures: $0.count, built: .init(milliseconds: 0))
                }, falseAlarm: falseAlarm))
    }

    private static let served: [(String, Int64?, Int64)] = [
        ("main.cvd", 62, 6_000_000), ("daily.cvd", 27_000, 2_000_000), ("own.ndb", nil, 100), ("own.ign2", nil, 40),
    ]

    private static func changed(_ databases: (String, Int64?, Int64)..., without: [String] = []) -> EngineDescription {
        let names = databases.map(\.0) + without
        return set(served.filter { !names.contains($0.0) } + databases)
    }

    /// What follows `served`, and why it is refused.
    static let versions: [(new: EngineDescription, refusal: String?)] = [
        // Retired upstream.
        (changed(("main.cvd", 63, 1_000_000)), nil),
        (changed(("main.cvd", 63, 1_000_000), ("daily.cvd", 27_001, 9)), nil),
        (changed(("daily.cld", 27_001, 10), without: ["daily.cvd"]), nil),
        // Named twice: the newer one counts.
        (changed(("daily.cld", 27_001, 10)), nil), (changed(("daily.cld", 26_999, 10)), nil),
        // Damaged, or older.
        (changed(("main.cvd", 62, 2_999_999)), "main holds 2999999 signatures, less than half of the 6000000"),
        (changed(("daily.cvd", 26_000, 9)), "daily holds 9 signatures, less than half of the 2000000"),
        (
            changed(("main.cvd", 63, 1_000_000), ("own.ndb", nil, 49)),
            "own.ndb holds 49 signatures, less than half of the 100"
        ),
        (
            changed(("main.cvd", 63, 1_000_000), without: ["own.ndb"]),
            "the set, without signed databases, holds 0 signatures, less than half of the 100"
        ),
        (changed(("own.ndb", nil, 49)), "own.ndb holds 49"), (changed(("own.ndb", nil, 50)), nil),
        // Fewer exceptions find no less.
        (changed(("own.ign2", nil, 1)), nil),
        (set(served, falseAlarm: "Broken.Rule in a harmless text"), "the set finds Broken.Rule in a harmless text"),
    ]

    @Test(arguments: versions.indices)
    func `a database far smaller than its predecessor is refused unless it is signed and newer`(index: Int) {
        let (new, refusal) = Self.versions[index]
        let found = SignatureHandover.refusal(of: new, after: Self.set(Self.served))
        if let refusal {
            #expect(found?.hasPrefix(refusal) == true, "\(found ?? "taken")")
        } else {
            #expect(found == nil)
        }
        // What the serving set finds as well is no reason.
        let alarmed = Self.set(Self.served, falseAlarm: "Old.Rule in a harmless text")
        if refusal?.contains("finds") == true { #expect(SignatureHandover.refusal(of: new, after: alarmed) == nil) }
    }

    @Test(arguments: successions) func `a set far smaller than its predecessor is refused`(
        old: EngineDescription, new: EngineDescription, refusal: String?
    ) {
        let found = SignatureHandover.refusal(of: new, after: old)
        if let refusal {
            #expect(found?.hasPrefix(refusal) == true, "\(found ?? "taken")")
        } else {
            #expect(found == nil)
        }
    }
}
