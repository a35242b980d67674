import Testing

@testable import Pipelines

struct MistakesTests {
    private static let mistaken = """
        pipeline: Bad Name
        match:
          buckt: acme-incoming
          prefix: [uploads/]
          exclude: "*.info"
        accept:
          max_size: 5GiB
          types: [image/png, png, "*/*"]
          declared-type: must-agre
          types: []
        scan:
          timeout: 120
          max-scan-size: 5 gigabytes
          max-files: 0
          max-recursion: "17"
          encrypted: no
          rejected-too: yes
        then:
          clean: { move: "s3://acme-media/{rset}", tags: { aws:x: y, ok: "{verdict" } }
          infected: { quarantine: "s3://acme-{bucket}/x/{name}", move: "s3://acme-media/all" }
          unscannable: { keep: true }
          rejcted: delete
        extra: 1
        """

    private static let everyMistake = [
        "1.yaml:1:11: pipeline: found 'Bad Name', expected a name of 1 to 64 letters a-z, digits and '-'",
        "1.yaml:2:1: match.bucket: missing; expected a bucket name",
        "1.yaml:3:3: match.buckt: unknown key 'buckt'; did you mean 'bucket'?",
        "1.yaml:4:11: match.prefix: found a list, expected a key prefix",
        "1.yaml:5:12: match.exclude: found '*.info', expected a list, each a pattern such as \"*.info\"",
        "1.yaml:7:3: accept.max_size: unknown key 'max_size'; did you mean 'max-size'?",
        "1.yaml:8:22: accept.types[1]: found 'png', expected a media type such as image/png, or \"image/*\"",
        "1.yaml:8:27: accept.types[2]: '*/*' matches every type; omit 'types' to accept every type",
        "1.yaml:9:18: accept.declared-type: found 'must-agre'; did you mean 'must-agree'?",
        "1.yaml:10:3: accept.types: duplicate key; it was first used on line 8",
        "1.yaml:12:12: scan.timeout: found '120' (the unit is missing), expected a duration: a whole number "
            + "with ms, s, m or h, such as 120s",
        "1.yaml:13:18: scan.max-scan-size: found '5 gigabytes', expected a size: a whole number of bytes, "
            + "or one with KiB, MiB, GiB, TiB, KB, MB, GB, TB",
        "1.yaml:14:14: scan.max-files: found '0', expected a whole number from 1 to 10000000",
        "1.yaml:15:18: scan.max-recursion: found '17' (a quoted string; remove the quotation marks), "
            + "expected a whole number from 1 to 100",
        "1.yaml:16:14: scan.encrypted: found 'no'; expected one of unscannable, allow",
        "1.yaml:17:17: scan.rejected-too: found 'yes', expected true or false",
        "1.yaml:18:1: then.rejected: missing; expected 'delete', 'keep', or a mapping with move, quarantine "
            + "or tag",
        "1.yaml:19:18: then.clean.move: unknown variable '{rset}'; did you mean 'rest'?",
        "1.yaml:19:52: then.clean.tags.aws:x: names that start with 'aws:' are reserved for AWS",
        "1.yaml:19:66: then.clean.tags.ok: '{' is not closed in '{verdict'; write '{{' for a literal brace",
        "1.yaml:20:27: then.infected.quarantine: the bucket 'acme-{bucket}' has a variable; only the key may "
            + "have variables",
        "1.yaml:20:58: then.infected: 'quarantine' and 'move' can't be combined; expected one of them",
        "1.yaml:20:58: then.infected.move: only clean objects can be moved to a permanent destination; for "
            + "infected use quarantine, keep or delete",
        "1.yaml:20:64: then.infected.move: every object would get the same key; use one of {rest}, {key}, "
            + "{name}, {job} in it",
        "1.yaml:21:18: then.unscannable.keep: 'keep' takes no value: write 'unscannable: keep'; to tag the "
            + "object where it is, write { tag: {…} }",
        "1.yaml:22:3: then.rejcted: unknown key 'rejcted'; did you mean 'rejected'?",
        "1.yaml:23:1: extra: unknown key 'extra'; expected one of pipeline, match, accept, scan, unversioned, sidecars, storage, expected-bucket-owner, aws, review, recheck, reuse-verdicts, notify, then",
    ]

    @Test func `every mistake in a file is reported at once with its position`() {
        #expect(mistakes(Self.mistaken) == Self.everyMistake)
    }

    @Test func `mistakes in several files are reported together in the order of files`() {
        let bad = pipelineText(accept: "{ max-size: big }")
        let worse = pipelineText(
            name: "images", match: "{ bucket: acme-incoming, prefix: images/ }", infected: "destroy")
        let problems = mistakes(bad, worse, pipelineText(name: "tus", match: "{ bucket: acme-tus }"))
        #expect(problems.map { $0.prefix { $0 != " " } } == ["1.yaml:3:21:", "2.yaml:5:13:"])
    }

    @Test(arguments: [
        ("", "1.yaml:1:1: the file is empty; expected a pipeline"),
        ("# nothing\n", "1.yaml:1:1: the file is empty; expected a pipeline"),
        (
            "- a\n",
            "1.yaml:1:1: found a list, expected a mapping with pipeline, match, accept, scan, unversioned, sidecars, storage, expected-bucket-owner, aws, review, recheck, reuse-verdicts, notify, then"
        ),
        (
            "~\n",
            "1.yaml:1:1: found nothing, expected a mapping with pipeline, match, accept, scan, unversioned, sidecars, storage, expected-bucket-owner, aws, review, recheck, reuse-verdicts, notify, then"
        ),
    ])
    func `a file without a pipeline is reported`(text: String, expected: String) {
        #expect(mistakes(text) == [expected])
    }

    @Test(arguments: [
        (pipelineText(match: ""), "1.yaml:2:1: match: found nothing, expected a mapping with bucket, prefix, exclude"),
        (
            pipelineText(accept: ""),
            "1.yaml:3:1: accept: found nothing, expected a mapping with max-size, types, declared-type, polyglots, quota"
        ),
        (
            pipelineText(accept: "{ types: [] }"),
            "1.yaml:3:18: accept.types: an empty list accepts no type; omit the key to accept every type"
        ),
        (
            pipelineText(match: "{ bucket: ab }"),
            "1.yaml:2:18: match.bucket: found 'ab', expected a bucket name without s3://"
        ),
        (
            pipelineText(infected: ""),
            "1.yaml:5:3: then.infected: found nothing, expected 'delete', 'keep', or a mapping with move, quarantine or tag"
        ),
        (
            pipelineText(accept: "{ polyglots: alow }"),
            "1.yaml:3:22: accept.polyglots: found 'alow'; did you mean 'allow'?"
        ),
        (
            pipelineText(scan: "{ over-ceiling: streem }"),
            "1.yaml:3:23: scan.over-ceiling: found 'streem'; did you mean 'stream'?"
        ),
        (pipelineText(scan: "{ image-hash: on }"), "1.yaml:3:21: scan.image-hash: found 'on', expected true or false"),
        (pipelineText(infected: "delet"), "1.yaml:5:13: then.infected: found 'delet'; did you mean 'delete'?"),
        (
            pipelineText(infected: "{}"),
            "1.yaml:5:3: then.infected: no action; expected 'delete', 'keep', or a mapping with move, quarantine or tag"
        ),
        (
            pipelineText(clean: "move"),
            "1.yaml:4:10: then.clean: 'move' needs a destination: { move: \"s3://bucket/key/{rest}\" }"
        ),
        (
            pipelineText(clean: "{ tags: { a: b } }"),
            "1.yaml:4:12: then.clean.tags: 'tags' needs move or quarantine; to tag the object where it is, use 'tag'"
        ),
        (
            pipelineText(clean: "{ tag: { a: b }, tags: { a: b } }"),
            "1.yaml:4:27: then.clean.tags: 'tag' and 'tags' can't be combined; expected only 'tag'"
        ),
        (pipelineText(clean: "{ tag: {} }"), "1.yaml:4:17: then.clean.tag: 0 tags; expected 1 to 10"),
        (
            pipelineText(clean: "{ tag: { a: \"50%\" } }"),
            "1.yaml:4:22: then.clean.tag.a: '50%' has characters that are not allowed in tags; allowed are letters, digits, spaces and + - = . _ : / @"
        ),
        (
            pipelineText(clean: "{ move: acme-media/x }"),
            "1.yaml:4:18: then.clean.move: found 'acme-media/x', expected s3://bucket/key with variables such as {rest} in the key"
        ),
        (
            pipelineText(clean: "{ move: \"s3://acme-media\" }"),
            "1.yaml:4:18: then.clean.move: found 's3://acme-media' (the key is missing), expected s3://bucket/key with variables such as {rest} in the key"
        ),
    ])
    func `a mistake says what was found and what was expected`(text: String, expected: String) {
        #expect(mistakes(text) == [expected])
    }

    @Test func `tags beyond the limits of S3 are refused`() {
        let tags = (1...11).map { "t\($0): x" }.joined(separator: ", ")
        #expect(mistakes(pipelineText(clean: "{ tag: { \(tags) } }")).first?.contains("11 tags") == true)
        let long = String(repeating: "n", count: 129)
        #expect(mistakes(pipelineText(clean: "{ tag: { \(long): x } }")).first?.contains("1 to 128 characters") == true)
        let value = String(repeating: "v", count: 257)
        #expect(mistakes(pipelineText(clean: "{ tag: { a: \(value) } }")).first?.contains("more than 256") == true)
    }

    @Test func `two pipelines with the same name are refused`() {
        let problems = mistakes(pipelineText(), pipelineText(match: "{ bucket: other-bucket }"))
        #expect(
            problems == [
                "2.yaml:1:11: pipeline: 'uploads' is already the name of the pipeline at 1.yaml:1; names must be unique"
            ])
    }
}
