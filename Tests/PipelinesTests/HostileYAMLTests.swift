import Testing

@testable import Pipelines

@Suite(.timeLimit(.minutes(1)))
struct HostileYAMLTests {
    @Test(arguments: [
        (String(repeating: "[", count: 100_000), "nested more than 16 levels deep"),
        (String(repeating: "- ", count: 100_000), "nested more than 16 levels deep"),
        (String(repeating: "{a: ", count: 100_000), "nested more than 16 levels deep"),
        (String(repeating: "? ", count: 100_000), "nested more than 16 levels deep"),
        ("a: [" + String(repeating: "1,", count: 100_000) + "]", "more than 10000 values"),
        ("{" + (1...50_000).map { "k\($0): v" }.joined(separator: ",") + "}", "more than 10000 values"),
        (String(repeating: "x", count: 2_000_000), "more than 1048576 bytes"),
        ("a: \"never closed", "found unexpected end of stream"),
        ("a: b: c\n", "mapping values are not allowed"),
        ("a:\n\tb: 1\n", "(a tab; indent YAML with spaces)"),
        ("a: 'x\u{0}y'\n", "control characters are not allowed"),
        ("%YAML 9.0\n---\na: 1\n", "found incompatible YAML document"),
        ("pipeline: *gone\n", "an alias (*)"),
        ("pipeline: &a x\n", "an anchor (&)"),
        ("pipeline: !!str x\n", "a tag (!)"),
        ("pipeline: !local [x]\n", "a tag (!)"),
        ("<<: { pipeline: x }\n", "unknown key '<<'"),
        ("[a, b]: 1\n", "a list as a key"),
        ("{a: 1}: 1\n", "a mapping as a key"),
        ("? \n", "unknown key ''"),
        ("a\u{202E}b\u{7}: 1\n", "control characters are not allowed"),
        ("\"a\\u202Eb\\a\": 1\n", "unknown key 'a\\u{202e}b\\u{7}'"),
    ])
    func `hostile text is reported and does not crash the reader`(text: String, expected: String) {
        let problems = mistakes(text)
        #expect(problems.contains { $0.contains(expected) }, "\(problems.prefix(3))")
    }

    @Test func `an alias bomb is refused at its first anchor`() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
        for level in 1...40 {
            let alias = "*a\(level - 1)"
            text += "a\(level): &a\(level) [\(Array(repeating: alias, count: 9).joined(separator: ", "))]\n"
        }
        let problems = mistakes(text)
        #expect(
            problems.first
                == "1.yaml:1:1: a0: unknown key 'a0'; expected one of pipeline, match, accept, scan, unversioned, sidecars, storage, expected-bucket-owner, aws, review, recheck, reuse-verdicts, notify, then"
        )
        #expect(
            problems.contains { $0.hasPrefix("1.yaml:1:5: a0: an anchor (&); anchors and aliases are not supported") })
    }

    @Test func `bytes that are not UTF-8 are reported with their position`() {
        let bytes = Array("pipeline: x\nmatch: é".utf8) + [0xFF, 0xFE]
        #expect(mistakes(inBytes: [bytes]) == ["1.yaml:2:9: invalid YAML: invalid leading UTF-8 octet"])
    }

    @Test func `random bytes never crash the reader`() {
        var state: UInt64 = 42
        let alphabet = Array("{}[]:,-?&*!|>'\"%@`# \n\tapipeline".utf8)
        for round in 0..<2000 {
            let text = (0..<(round % 200)).map { _ -> UInt8 in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                let random = UInt8(truncatingIfNeeded: state >> 56)
                return round % 2 == 0 ? random : alphabet[Int(random) % alphabet.count]
            }
            #expect(!mistakes(inBytes: [text]).isEmpty)
        }
    }

    @Test func `every prefix of a pipeline is read or refused`() {
        let text = Array(pipelineText(accept: "{ types: [\"image/*\"] }", scan: "{ timeout: 2m }").utf8)
        for count in 0..<(text.count - 8) {
            #expect(!mistakes(inBytes: [Array(text[..<count])]).isEmpty)
        }
        #expect(mistakes(inBytes: [text]).isEmpty)
    }

    @Test func `a byte order mark is accepted`() {
        #expect(mistakes("\u{FEFF}" + pipelineText()).isEmpty)
    }

    @Test func `a second document is refused`() {
        let problems = mistakes(pipelineText() + "---\n" + pipelineText(name: "second"))
        #expect(problems == ["1.yaml:8:1: a second document; each pipeline needs a file of its own"])
        #expect(mistakes("---\n" + pipelineText() + "...\n").isEmpty)
    }

    @Test func `a huge scalar is truncated in its message`() {
        let problems = mistakes("pipeline: " + String(repeating: "é", count: 100_000) + "\n")
        #expect(problems.first { $0.contains("pipeline: found") }.map { $0.count < 200 } == true)
    }
}
