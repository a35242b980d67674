import Testing

@testable import Pipelines

struct ConflictTests {
    /// Two matches, and whether an object could match both.
    @Test(arguments: [
        ("{ bucket: one, prefix: a/ }", "{ bucket: one, prefix: b/ }", false),
        ("{ bucket: one, prefix: a/ }", "{ bucket: two, prefix: a/ }", false),
        ("{ bucket: one, prefix: a/ }", "{ bucket: one, prefix: a/ }", true),
        ("{ bucket: one, prefix: a }", "{ bucket: one, prefix: ab/ }", true),
        ("{ bucket: one }", "{ bucket: one, prefix: ab/ }", true),
        ("{ bucket: one, prefix: ab/ }", "{ bucket: one }", true),
        ("{ bucket: one, exclude: [\"ab/*\"] }", "{ bucket: one, prefix: ab/ }", false),
        ("{ bucket: one, exclude: [\"a*/*\"] }", "{ bucket: one, prefix: ab/ }", false),
        ("{ bucket: one, prefix: ab/ }", "{ bucket: one, exclude: [\"ab/*\"] }", false),
        // Uncertain: only some keys under ab/ are excluded.
        ("{ bucket: one, exclude: [\"ab/*.png\"] }", "{ bucket: one, prefix: ab/ }", true),
        ("{ bucket: one, exclude: [\"ab/c/*\"] }", "{ bucket: one, prefix: ab/ }", true),
        ("{ bucket: one, exclude: [\"ab/\"] }", "{ bucket: one, prefix: ab/ }", true),
        ("{ bucket: one, exclude: [\"ab*\"] }", "{ bucket: one, prefix: ab/ }", true),
        ("{ bucket: one, exclude: [\"AB/*\"] }", "{ bucket: one, prefix: ab/ }", true),
        // The exclude is matched with the rest after its own prefix.
        ("{ bucket: one, prefix: x/, exclude: [\"ab/*\"] }", "{ bucket: one, prefix: x/ab/ }", false),
        ("{ bucket: one, prefix: x/, exclude: [\"x/ab/*\"] }", "{ bucket: one, prefix: x/ab/ }", true),
    ])
    func `two pipelines that an object could match are refused`(first: String, second: String, isRefused: Bool) {
        let problems = mistakes(pipelineText(name: "first", match: first), pipelineText(name: "second", match: second))
        guard isRefused else {
            #expect(problems.isEmpty)
            return
        }
        #expect(problems.count == 1)
        #expect(problems.first?.hasPrefix("2.yaml:2:") == true)
        #expect(problems.first?.contains("overlaps the pipeline at 1.yaml:2, which matches s3://one/") == true)
    }

    /// A match, a destination, and whether the destination feeds the match.
    @Test(arguments: [
        ("{ bucket: one, prefix: in/ }", "s3://one/out/{rest}", false),
        ("{ bucket: one, prefix: in/ }", "s3://two/in/{rest}", false),
        ("{ bucket: one, prefix: in/ }", "s3://one/in/{rest}", true),
        ("{ bucket: one, prefix: in/ }", "s3://one/in/clean/{rest}", true),
        ("{ bucket: one, prefix: in/ }", "s3://one/{rest}", true),
        ("{ bucket: one, prefix: in/ }", "s3://one/{date}/in/{name}", true),
        ("{ bucket: one, prefix: in/ }", "s3://one/i{rest}", true),
        ("{ bucket: one, prefix: in/ }", "s3://one/in{rest}", true),
        ("{ bucket: one, prefix: in/ }", "s3://one/in-{rest}", false),
        ("{ bucket: one }", "s3://one/clean/{rest}", true),
        ("{ bucket: one, exclude: [\"clean/*\"] }", "s3://one/clean/{rest}", false),
        ("{ bucket: one, exclude: [\"clean/*\"] }", "s3://one/cleaner/{rest}", true),
        ("{ bucket: one, exclude: [\"clean/*.png\"] }", "s3://one/clean/{rest}", true),
        ("{ bucket: one, exclude: [\"*\"] }", "s3://one/clean/{rest}", false),
        ("{ bucket: one, prefix: in/ }", "s3://one/{{in}}/{rest}", false),
    ])
    func `a destination that feeds its own pipeline is refused`(match: String, destination: String, isRefused: Bool) {
        let problems = mistakes(pipelineText(match: match, clean: "{ move: \"\(destination)\" }"))
        #expect(problems.isEmpty == !isRefused)
        if isRefused {
            #expect(problems.count == 1)
            #expect(problems.first?.hasPrefix("1.yaml:4:18: then.clean.move: ") == true)
            #expect(problems.first?.contains("would feed this pipeline itself at 1.yaml:2") == true)
        }
    }

    @Test func `a destination that feeds another pipeline is refused`() {
        let problems = mistakes(
            pipelineText(name: "a", infected: "{ quarantine: \"s3://other/in/{job}\" }"),
            pipelineText(name: "b", match: "{ bucket: other, prefix: in/ }"))
        #expect(
            problems == [
                "1.yaml:5:27: then.infected.quarantine: 's3://other/in/{job}' would feed the pipeline at 2.yaml:2, "
                    + "which matches s3://other/in/*; choose another bucket or prefix"
            ])
    }

    @Test func `conflicts are reported with the mistakes of invalid files`() {
        let problems = mistakes(pipelineText(accept: "{ max-size: big }"), pipelineText(name: "second"))
        #expect(problems.count == 2)
        #expect(problems.last?.contains("an object could match both") == true)
    }

    @Test(arguments: [
        ("s3://acme-media/permanent/{rest}", "s3://acme-media/quarantine/{job}", false),
        ("s3://acme-media/permanent/{rest}", "s3://acme-quarantine/permanent/{job}", false),
        ("s3://acme-media/{rest}", "s3://acme-media/quarantine/{job}", true),
        ("s3://acme-media/permanent/{rest}", "s3://acme-media/permanent/bad/{job}", true),
        ("s3://acme-media/permanent/{rest}", "s3://acme-media/{verdict}/{job}", true),
    ])
    func `a quarantine that may share keys with promoted objects is refused`(
        move: String, quarantine: String, isRefused: Bool
    ) {
        let problems = mistakes(
            pipelineText(clean: "{ move: \"\(move)\" }", infected: "{ quarantine: \"\(quarantine)\" }"))
        #expect(problems.count == (isRefused ? 1 : 0))
        #expect(
            problems.allSatisfy { $0.hasPrefix("1.yaml:5:27: then.infected.quarantine: ") && $0.contains("1.yaml:4") })
    }
}
