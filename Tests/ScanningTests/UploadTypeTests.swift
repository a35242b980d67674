import Foundation
import Inspection
import ScannerTestKit
import TestKit
import Testing

/// Compares the table of `Fixtures/types/types.json` with the scanner's libmagic.
@Suite(.heavy, .timeLimit(.minutes(2)))
struct UploadTypeTests {
    private struct Upload: Decodable {
        let detected: String
    }

    private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../Fixtures/types").path

    /// The smallest sensible first range. The worker's is four times as large.
    private static let firstRange: Int64 = 1 << 20

    @Test func `each kind of upload is detected as in the table, as a whole and by its first range`() async throws {
        let table = try JSONDecoder().decode(
            [String: Upload].self, from: Data(contentsOf: URL(filePath: Self.fixtures + "/types.json")))
        let folder = Folder()
        _ = try python(
            "exec(open('\(Self.fixtures)/samples.py').read().replace('sys.argv[1]', repr('\(folder.path)')))")
        #expect(folder.names.sorted() == table.keys.sorted())

        let fixture = try await ScannerFixture()
        var wasCut = false
        for (name, upload) in table.sorted(by: { $0.key < $1.key }) {
            let bytes = Array(try Data(contentsOf: URL(filePath: "\(folder.path)/\(name)")))
            let file = Spool(bytes)
            let size = Int64(bytes.count)
            let expected = upload.detected == "inode/x-empty" ? "application/x-empty" : upload.detected
            #expect(try await fixture.scanners.identify(file.descriptor, size: size) == expected, "\(name)")
            if size > Self.firstRange {
                wasCut = true
                let first = try await fixture.scanners.identify(file.descriptor, size: Self.firstRange)
                #expect(first == expected, "\(name), by its first range")
            }
        }
        #expect(wasCut, "no sample is longer than a first range")
        _ = await fixture.scanners.stop()
    }
}
