import Domain
import Inspection
import ScanProtocol
import Testing
import Worker

@testable import Lazaret

struct SignatureAgesTests {
    private static let now = Timestamp(milliseconds: 1_800_000_000_000)

    private static func database(_ name: String, version: Int64?, hours: Int64) -> SignatureDatabase {
        .init(name: name, version: version, signatures: 2, built: now.advanced(by: .seconds(-hours * 3600)))
    }

    static let sets: [(String, [SignatureDatabase], remark: String?)] = [
        ("built today", [database("daily.cld", version: 7, hours: 23)], nil),
        ("built three days ago", [database("daily.cld", version: 7, hours: 72)], nil),
        (
            "older than three days", [database("daily.cld", version: 7, hours: 73)],
            "WARNING: the newest signed database is 3 days old: run freshclam, and make sure that it keeps running"
        ),
        (
            "one of two is recent",
            [database("daily.cld", version: 7, hours: 1), database("main.cvd", version: 62, hours: 9999)], nil
        ),
        (
            "a recent unsigned file does not make the set recent",
            [database("daily.cld", version: 7, hours: 96), database("own.ndb", version: nil, hours: 1)],
            "WARNING: the newest signed database is 4 days old: run freshclam, and make sure that it keeps running"
        ),
        (
            "unsigned files only", [database("own.ndb", version: nil, hours: 9999)],
            "no database is signed by ClamAV, so it is unknown how recent these signatures are"
        ),
        ("built in the future by the local clock", [database("daily.cld", version: 7, hours: -24)], nil),
    ]

    @Test(arguments: sets) func `a signed set older than three days is a warning`(
        name: String, databases: [SignatureDatabase], remark: String?
    ) {
        #expect(SignatureAges.remark(on: databases, now: Self.now) == remark, "\(name)")
        let lines = SignatureAges.lines(of: databases, now: Self.now)
        #expect(lines.count == databases.count + (remark == nil ? 0 : 1))
    }

    @Test func `an age limit fails a set whose newest signatures are older`() throws {
        let built = Self.now.advanced(by: .seconds(-3 * 86_400))
        #expect(
            try SignatureAges.check(built, notOver: .seconds(3 * 86_400), now: Self.now) == "3 days, at most 3 days")
        let failure = #expect(throws: CommandFailure.self) {
            _ = try SignatureAges.check(built, notOver: .seconds(36 * 3600), now: Self.now)
        }
        #expect(failure?.status == .configuration)
        #expect(failure?.lines.first?.contains("3 days old") == true)
        #expect(throws: CommandFailure.self) {
            _ = try SignatureAges.check(nil, notOver: .seconds(1), now: Self.now)
        }
    }

    @Test func `each database is listed with its age`() {
        let lines = SignatureAges.lines(
            of: [
                Self.database("daily.cld", version: 27_000, hours: 14),
                Self.database("own.ndb", version: nil, hours: 1),
            ], now: Self.now)
        #expect(
            lines == [
                "daily.cld: version 27000, 2 signatures, built 2027-01-14T18:00:00.000Z, 14 hours old",
                "own.ndb: 2 signatures, modified 2027-01-15T07:00:00.000Z, 60 minutes old",
            ])
    }

    @Test(
        arguments: [
            (0, "0 seconds"), (1, "1 second"), (119, "119 seconds"), (120, "2 minutes"), (7199, "119 minutes"),
            (7200, "2 hours"), (172_799, "47 hours"), (172_800, "2 days"), (-5, "0 seconds"),
        ] as [(Int64, String)])
    func `an age is given in its largest unit of at least two`(seconds: Int64, text: String) {
        #expect(SignatureAges.text(.seconds(seconds)) == text)
    }

    @Test func `the metrics count switches and refusals and give the build time`() {
        var status = SignatureStatus()
        #expect(status.metrics.contains("# TYPE lazaret_signatures_built_seconds gauge\n# HELP"), "no set serves yet")
        #expect(status.metrics.hasSuffix("# TYPE lazaret_signatures_loaded_seconds gauge\n"))
        (status.switches, status.refusals, status.refusal) = (3, 2, "broken")
        (status.built, status.loaded) = (Timestamp(milliseconds: 1_700_000_000_999), Self.now)
        let lines = Set(status.metrics.split(separator: "\n"))
        for line in [
            "lazaret_signature_switches_total 3", "lazaret_signature_refusals_total 2", "lazaret_signatures_refused 1",
            "lazaret_signatures_built_seconds 1700000000", "lazaret_signatures_loaded_seconds 1800000000",
        ] { #expect(lines.contains(Substring(line)), "\(line) in\n\(status.metrics)") }
    }
}
