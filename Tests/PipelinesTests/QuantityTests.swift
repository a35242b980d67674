import Domain
import Testing

@testable import Pipelines

struct QuantityTests {
    @Test(arguments: [
        ("1", 1), ("1024", 1024), ("1B", 1), ("10MB", 10_000_000), ("10kB", 10_000), ("10KB", 10_000), ("1KiB", 1024),
        ("5GiB", 5 << 30), ("2TB", 2_000_000_000_000), ("50TiB", 50 << 40), ("'7MiB'", 7 << 20),
    ])
    func `a size is read in bytes`(text: String, bytes: Int64) throws {
        let set = try load(pipelineText(accept: "{ max-size: \(text) }"))
        #expect(set.pipelines.first?.accept.maxSize == bytes)
    }

    @Test(arguments: [
        "0", "-1", "1.5GiB", "5 GiB", "5gib", "5G", "GiB", "0x10", "1_000", "51TiB", "9223372036854775808",
        "9223372036854775807TiB", "99999999999999999999", "5e3", "'5\u{301}'", "٣", "[5GiB]", "true",
    ])
    func `an invalid size is a mistake`(text: String) {
        let problems = mistakes(pipelineText(accept: "{ max-size: \(text) }"))
        #expect(problems.count == 1 && problems[0].hasPrefix("1.yaml:3:21: accept.max-size: "), "\(problems)")
    }

    @Test(arguments: [
        ("120s", Duration.seconds(120)), ("2m", .seconds(120)), ("500ms", .milliseconds(500)), ("1h", .seconds(3600)),
        ("100ms", .milliseconds(100)),
    ])
    func `a duration is read with its unit`(text: String, duration: Duration) throws {
        let set = try load(pipelineText(scan: "{ timeout: \(text) }"))
        #expect(set.pipelines.first?.limits.timeout == duration)
    }

    @Test(arguments: ["120", "0s", "99ms", "2h", "-1s", "1.5m", "2 m", "2min", "s", "9223372036854775807h", "1d", "~"])
    func `an invalid duration is a mistake`(text: String) {
        let problems = mistakes(pipelineText(scan: "{ timeout: \(text) }"))
        #expect(problems.count == 1 && problems[0].contains("scan.timeout: "), "\(problems)")
    }

    @Test(arguments: [
        ("maxsize", "max-size"), ("max_size", "max-size"), ("maxSize", "max-size"), ("MAX-SIZE", "max-size"),
        ("max-siez", "max-size"), ("type", "types"), ("tyeps", "types"), ("declared", nil), ("size", nil), ("", nil),
        ("quarantine-everything-at-once", nil),
    ])
    func `a misspelling has a suggestion and another word has none`(word: String, expected: String?) {
        #expect(suggestion(for: word, among: PipelineKeys.accept) == expected)
    }
}
