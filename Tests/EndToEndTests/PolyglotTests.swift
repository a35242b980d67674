import TestKit
import Testing

extension EndToEnd {
    /// Polyglots, by the pipeline's setting `polyglots`.
    @Suite struct Polyglots {
        /// A valid GIF whose width is the start of a JavaScript comment that ends after the image.
        private static let script =
            Array("GIF89a/*".utf8) + [
                1, 0, 0x80, 0, 0, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0, 0x3B,
            ] + Array("*/=1;alert(1);".utf8)

        private static func rules(_ word: String) -> String {
            """
            pipeline: pictures
            match: { bucket: INCOMING }
            accept: { types: ["image/*"], polyglots: \(word) }
            then:
              clean:       { move: "s3://MEDIA/{key}" }
              infected:    { quarantine: "s3://QUARANTINE/{job}" }
              unscannable: { quarantine: "s3://QUARANTINE/{job}" }
              rejected:    delete
            """
        }

        @Test(arguments: [("reject", "rejected", "rule", []), ("allow", "clean", "note", ["x.gif"])])
        func `an image that is also a script is rejected unless the pipeline allows polyglots`(
            word: String, verdict: String, kind: String, moved: [String]
        ) async throws {
            let station = try await StationFixture("polyglots-\(word)", rules: Self.rules(word))
            try await station.upload(Self.script, "x.gif", .init(type: "image/gif"))
            try await station.settle()
            let job = try await station.job("x.gif")
            #expect(job.verdict == verdict, "\(job.findings)")
            #expect(
                job.findings == [
                    JobLine.Finding(
                        kind: kind, name: "polyglot", detail: "the bytes are image/gif, and text/javascript as well")
                ])
            #expect(try await station.keys(station.media) == moved)
            #expect(try await station.keys(station.incoming).isEmpty)
            try await station.expectDrained()
        }
    }
}
