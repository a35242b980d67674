import Inspection
import TestKit
import Testing

@testable import Lazaret

/// How `lazaret scan` configures its scanner.
struct ScannerConfigurationTests {
    /// - Parameter words: the flags after `lazaret scan`.
    private func configuration(_ words: [String], limit: String) throws -> ScannerConfiguration {
        let folder = try TemporaryDirectory()
        try folder.write(
            """
            pipeline: documents
            match:
              bucket: incoming
            accept:
              declared-type: ignore
            scan:
              max-scan-size: \(limit)
            then:
              clean:       keep
              infected:    delete
              unscannable: delete
              rejected:    delete
            """, to: "documents.yaml")
        let arguments = try Arguments(
            parsing: words + ["--pipelines", folder.path, "--scanners", "8", "one", "two"], of: ScanCommand.command,
            environment: [:])
        return try ScanCommand.configuration(
            arguments, files: arguments.operands.count, pipelines: ScannedUpload(arguments).pipelines)
    }

    @Test(arguments: [("5GiB", 5 << 30), ("4GiB", nil), ("1MiB", nil)] as [(String, Int64?)])
    func `a file may be extracted up to its pipeline's limit`(_ limit: String, _ scratch: Int64?) throws {
        #expect(try configuration(["--pipeline", "documents"], limit: limit).scratchLimit == scratch)
    }

    @Test func `without a pipeline the default limit holds`() throws {
        #expect(try configuration([], limit: "5GiB").scratchLimit == nil)
    }

    @Test func `all files are scanned with one set of signatures`() throws {
        let configuration = try configuration([], limit: "4GiB")
        #expect(configuration.signatureInterval == nil)
        #expect(configuration.children == 2, "at most one per file")
    }
}
