import Foundation
import TestKit
import Testing

extension EndToEnd {
    /// Uploads whose type is often taken for another, with the types that browsers declare for them
    /// (`Fixtures/types/uploads.py`).
    @Suite struct HonestUploads {
        private static func rules(_ accept: String) -> String {
            """
            pipeline: uploads
            match: { bucket: INCOMING }
            accept: { \(accept) }
            then:
              clean:       { move: "s3://MEDIA/{key}" }
              infected:    { quarantine: "s3://QUARANTINE/{job}" }
              unscannable: { quarantine: "s3://QUARANTINE/{job}" }
              rejected:    { quarantine: "s3://QUARANTINE/{job}" }
            """
        }

        private struct Upload {
            let key: String
            let body: [UInt8]
            let options: UploadOptions
        }

        private static func uploads() throws -> [Upload] {
            let folder = try TemporaryDirectory()
            let made = try Tool.run(["python3", Project.root + "/Tests/Fixtures/types/uploads.py", folder.path])
            try #require(made.status == 0)
            let table = try String(contentsOfFile: folder.path + "/declared.tsv", encoding: .utf8)
            return try table.split(separator: "\n").enumerated().map { number, line in
                let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
                let body = Array(try Data(contentsOf: URL(filePath: "\(folder.path)/\(fields[0])")))
                var options = UploadOptions(type: fields[1])
                if !fields[2].isEmpty { options.contentEncoding = fields[2] }
                return Upload(key: "\(number)/\(fields[0])", body: body, options: options)
            }
        }

        @Test(arguments: [
            ("defaults", "declared-type: must-agree", ""), ("listed", "types: [text/plain, text/csv]", "listed-"),
        ]) func `an honest upload is promoted, whichever of its types is declared`(
            name: String, accept: String, prefix: String
        ) async throws {
            let uploads = try Self.uploads().filter { prefix.isEmpty || $0.key.contains("/\(prefix)") }
            #expect(uploads.count >= (prefix.isEmpty ? 50 : 3))
            let station = try await StationFixture("honest-\(name)", rules: Self.rules(accept))
            for upload in uploads { try await station.upload(upload.body, upload.key, upload.options) }
            try await station.settle()
            for upload in uploads {
                let job = try await station.job(upload.key)
                #expect(job.verdict == "clean", "\(upload.key), \(upload.options.type ?? ""): \(job.findings)")
            }
            #expect(try await station.keys(station.media).count == uploads.count)
            try await station.expectDrained()
        }
    }
}
