import Domain
import Inspection
import ScanProtocol
import ScannerTestKit
import TestKit
import Testing

@testable import Scanning

/// What a set of signatures is tried on before it serves.
@Suite(.heavy, .timeLimit(.minutes(1)))
struct KnownSampleTests {
    private func alarm(_ text: String) async throws -> String? {
        let row = "Test.Broken:0:*:\(hexadecimalText(Array(text.utf8)))\n"
        let fixture = try await ScannerFixture(adding: ["more.ndb": row])
        _ = await fixture.scanners.stop()
        return fixture.engine.falseAlarm
    }

    @Test func `a set that finds something in a harmless file says in which`() async throws {
        #expect(try await alarm("no sample has this") == nil)
        #expect(try await alarm("nobody had anything") == "Test.Broken.UNOFFICIAL in a harmless text")
        #expect(try await alarm("/MediaBox [0 0 612") == "Test.Broken.UNOFFICIAL in a harmless PDF document")
    }

    @Test func `of a database that is there as cvd and cld the newer one is described`() {
        func database(_ name: String, _ version: Int64?) -> SignatureDatabase {
            SignatureDatabase(name: name, version: version, signatures: 1, built: Timestamp(milliseconds: 0))
        }
        let named = [
            database("daily.cld", 27_001), database("daily.cvd", 27_000), database("main.cld", 62),
            database("main.cvd", 62), database("bytecode.cvd", 340), database("bytecode.cld", 339),
            database("daily.ndb", nil), database("own.cud", 1),
        ]
        #expect(
            SignatureFolder.newestOfEach(named).map(\.name)
                == ["daily.cld", "main.cld", "bytecode.cvd", "daily.ndb", "own.cud"])
    }
}
