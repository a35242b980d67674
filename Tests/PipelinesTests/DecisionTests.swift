import Domain
import Testing

@testable import Pipelines

struct DecisionTests {
    @Test func `each verdict has its own action`() throws {
        let set = try load(
            pipelineText(
                clean: "{ move: \"s3://acme-media/{rest}\", tags: { scan: \"{verdict}\" } }",
                infected: "{ quarantine: \"s3://acme-quarantine/{job}\" }", unscannable: "{ tag: { scan: unsure } }",
                rejected: "delete"))
        let pipeline = try #require(set["uploads"])
        let media = try DestinationTemplate("s3://acme-media/{rest}")
        let quarantine = try DestinationTemplate("s3://acme-quarantine/{job}")
        let verdict = try TagTemplate(name: "scan", value: "{verdict}")
        let unsure = try TagTemplate(name: "scan", value: "unsure")
        #expect(pipeline.action(for: .clean) == .move(media, tags: [verdict]))
        #expect(pipeline.action(for: .infected) == .quarantine(quarantine, tags: []))
        #expect(pipeline.action(for: .unscannable) == .keep(tags: [unsure]))
        #expect(pipeline.action(for: .rejected) == .delete)
    }

    @Test(arguments: ["clean", "infected", "unscannable", "rejected"])
    func `a verdict without an action is a mistake`(verdict: String) {
        let text = pipelineText().replacing("  \(verdict): ", with: "  #\(verdict): ")
        #expect(mistakes(text).count == 1)
        #expect(mistakes(text).first?.hasPrefix("1.yaml:3:1: then.\(verdict): missing; expected 'delete'") == true)
    }

    @Test(arguments: ["infected", "unscannable", "rejected"])
    func `only clean objects can be moved`(verdict: String) {
        let move = "{ move: \"s3://acme-media/permanent/{rest}\" }"
        let problems = mistakes(
            pipelineText(
                infected: verdict == "infected" ? move : "delete",
                unscannable: verdict == "unscannable" ? move : "keep",
                rejected: verdict == "rejected" ? move : "delete"))
        #expect(problems.count == 1)
        #expect(problems.first?.contains("then.\(verdict).move: only clean objects can be moved") == true)
    }

    @Test func `omitted keys have safe defaults`() throws {
        let pipeline = try #require(try load(pipelineText(match: "{ bucket: acme-incoming }"))["uploads"])
        #expect(pipeline.match == Match(bucket: "acme-incoming", prefix: "", exclude: []))
        #expect(pipeline.accept == Acceptance(maxSize: nil, types: nil, declaredType: .mustAgree))
        #expect(pipeline.limits == ScanLimits())
        #expect(!pipeline.scansRejected)
    }

    @Test func `every key of the scan is read`() throws {
        let scan = """
            { timeout: 7s, max-scan-size: 1MiB, max-files: 3, max-recursion: 2, encrypted: allow, over-ceiling: stream, \
            image-hash: true, rejected-too: true }
            """
        let pipeline = try #require(try load(pipelineText(scan: scan))["uploads"])
        #expect(
            pipeline.limits
                == ScanLimits(
                    timeout: .seconds(7), maxScanSize: 1 << 20, maxFiles: 3, maxRecursion: 2, encrypted: .allow,
                    overCeiling: .stream, hashesImages: true))
        #expect(pipeline.scansRejected)
    }

    @Test func `a size is accepted up to the limit`() throws {
        let pipeline = try #require(try load(pipelineText(accept: "{ max-size: 1KiB }"))["uploads"])
        #expect(pipeline.breaches(size: 1024).isEmpty)
        #expect(
            pipeline.breaches(size: 1025)
                == [Finding(.rule, "too-large", detail: "1025 bytes; at most 1024 are accepted")])
    }

    @Test(
        arguments: [
            ("image/png", "image/png", []),
            (nil, "image/png", []),
            ("image/jpg", "image/jpeg", ["type-not-accepted"]),
            ("image/png", "image/jpeg", ["type-not-accepted", "declared-type"]),
            ("text/plain", "image/png", ["declared-type"]),
            ("text/csv", "text/plain", []),
            // The detected type is accepted, the declared type is not.
            ("text/javascript", "text/plain", ["type-not-accepted"]),
            ("text/html", "text/plain", ["type-not-accepted"]),
            ("text/plain, text/html", "text/plain", ["type-not-accepted"]),
            ("text/html, text/csv", "text/plain", ["type-not-accepted"]),
            ("text/csv, application/octet-stream", "text/plain", []),
            (nil, "inode/x-empty", ["type-not-accepted"]),
            (nil, "", ["type-not-accepted"]),
            ("image/png", "not a type", ["type-not-accepted", "declared-type"]),
        ] as [(String?, String, [String])])
    func `the detected type and a more specific declared type must be accepted`(
        declared: String?, detected: String, expected: [String]
    ) throws {
        let pipeline = try #require(
            try load(pipelineText(accept: "{ types: [image/png, text/plain, text/csv] }"))["uploads"])
        let findings = pipeline.breaches(declared: declared, detected: detected)
        #expect(findings.map(\.name) == expected)
        #expect(findings.allSatisfy { $0.kind == .rule && !$0.detail.isEmpty })
    }

    @Test func `an ignored declared type is not a breach`() throws {
        let accept = "{ types: [text/plain], declared-type: ignore }"
        let pipeline = try #require(try load(pipelineText(accept: accept))["uploads"])
        #expect(pipeline.breaches(declared: "image/png", detected: "text/plain").isEmpty)
        #expect(pipeline.breaches(declared: "text/html", detected: "text/plain").isEmpty)
        #expect(pipeline.breaches(declared: "text/plain", detected: "image/png").map(\.name) == ["type-not-accepted"])
    }

    @Test(arguments: [
        (nil, Finding.Kind.rule, Verdict.rejected), ("{ polyglots: reject }", .rule, .rejected),
        ("{ polyglots: allow }", .note, .clean),
    ])
    func `a second type is a breach unless the pipeline allows it`(
        accept: String?, kind: Finding.Kind, verdict: Verdict
    ) throws {
        let polyglots = try #require(try load(pipelineText(accept: accept))["uploads"]).accept.polyglots
        let findings = polyglots.findings(secondTypes: ["text/javascript", "text/html"], detected: "image/gif")
        #expect(
            findings == [
                Finding(kind, "polyglot", detail: "the bytes are image/gif, and text/javascript as well"),
                Finding(kind, "polyglot", detail: "the bytes are image/gif, and text/html as well"),
            ])
        #expect(Verdict(of: findings) == verdict)
        #expect(polyglots.findings(secondTypes: [], detected: "image/gif").isEmpty)
    }

    @Test func `an object finds its pipeline by bucket and prefix`() throws {
        let set = try load(
            pipelineText(name: "all", match: "{ bucket: one, exclude: [\"a/*\", \"b/*\", \"*.part\"] }"),
            pipelineText(name: "a", match: "{ bucket: one, prefix: a/, exclude: [\"a/*\"] }"),
            pipelineText(name: "aa", match: "{ bucket: one, prefix: a/a/ }"),
            pipelineText(name: "b", match: "{ bucket: one, prefix: b/ }"),
            pipelineText(name: "z", match: "{ bucket: two, prefix: z }"))
        let table: [(String, String, String?)] = [
            ("one", "x", "all"), ("one", "a", "all"), ("one", "c/a/b", "all"), ("one", "zz", "all"),
            ("one", "x.part", nil),
            ("one", "a/x", "a"), ("one", "a/", "a"), ("one", "a/b/c", "a"), ("one", "a/a", "a"), ("one", "a/a/", "aa"),
            ("one", "a/a/x", "aa"), ("one", "a/b", "a"), ("one", "a/z.part", "a"), ("one", "b/x", "b"),
            ("one", "b/\u{0}", "b"), ("one", "b", "all"), ("one", "b0", "all"), ("two", "z", "z"),
            ("two", "zebra", "z"),
            ("two", "y", nil), ("two", "Z", nil), ("three", "x", nil),
        ]
        for (bucket, key, expected) in table {
            let found = set.pipeline(for: bucket, key: try #require(ObjectKey(key)))
            #expect(found?.name == expected, "s3://\(bucket)/\(key)")
        }
        #expect(set["nobody"] == nil)
    }

    @Test func `the index finds the same pipeline as a search of all`() throws {
        var texts: [String] = []
        for tenant in 0..<120 {
            texts.append(
                pipelineText(
                    name: "t\(tenant)", match: "{ bucket: one, prefix: \"t/\(tenant)/\", exclude: [\"*.info\"] }"))
        }
        let set = try PipelineSet(files: texts.enumerated().map { ("\($0.offset)", Array($0.element.utf8)) })
        for tenant in 0..<130 {
            for tail in ["x", "a/b.info", "", "\u{FFFF}"] {
                let key = try #require(ObjectKey("t/\(tenant)/\(tail)"))
                let matching = set.pipelines.filter {
                    $0.match.bucket == "one" && $0.match.matches(key.text.utf8Span.span)
                }
                #expect(matching.count <= 1)
                #expect(set.pipeline(for: "one", key: key) == matching.first)
            }
        }
    }
}
