import Testing

@testable import Pipelines

struct ConflictTests {
    /// Two matches, and whether some object could be under both.
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
        // Not sure: only some of what is under ab/ is left alone.
        ("{ bucket: one, exclude: [\"ab/*.png\"] }", "{ bucket: one, prefix: ab/ }", true),
        ("{ bucket: one, exclude: [\"ab/c/*\"] }", "{ bucket: one, prefix: ab/ }", true),
        ("{ bucket: one, exclude: [\"ab/\"] }", "{ bucket: one, prefix: ab/ }", true),
        ("{ bucket: one, exclude: [\"ab*\"] }", "{ bucket: one, prefix: ab/ }", true),
        ("{ bucket: one, exclude: [\"AB/*\"] }", "{ bucket: one, prefix: ab/ }", true),
        // The exclude is held against the rest, behind its own prefix.
        ("{ bucket: one, prefix: x/, exclude: [\"ab/*\"] }", "{ bucket: one, prefix: x/ab/ }", false),
        ("{ bucket: one, prefix: x/, exclude: [\"x/ab/*\"] }", "{ bucket: one, prefix: x/ab/ }", true),
    ])
    func `two pipelines that could take one object are refused`(first: String, second: String, isRefused: Bool) {
        let told = mistakes(pipelineText(name: "first", match: first), pipelineText(name: "second", match: second))
        guard isRefused else {
            #expect(told.isEmpty)
            return
        }
        #expect(told.count == 1)
        #expect(told.first?.hasPrefix("2.yaml:2:") == true)
        #expect(told.first?.contains("1.yaml:2 takes s3://one/") == true)
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
        let told = mistakes(pipelineText(match: match, clean: "{ move: \"\(destination)\" }"))
        #expect(told.isEmpty == !isRefused)
        if isRefused {
            #expect(told.count == 1)
            #expect(told.first?.hasPrefix("1.yaml:4:18: then.clean.move: ") == true)
            #expect(told.first?.contains("would feed this pipeline itself at 1.yaml:2") == true)
        }
    }

    @Test func `a destination that feeds another pipeline is refused`() {
        let told = mistakes(
            pipelineText(name: "a", infected: "{ quarantine: \"s3://other/in/{job}\" }"),
            pipelineText(name: "b", match: "{ bucket: other, prefix: in/ }"))
        #expect(
            told == [
                "1.yaml:5:27: then.infected.quarantine: 's3://other/in/{job}' would feed the pipeline at 2.yaml:2, "
                    + "which takes s3://other/in/*; choose another bucket or prefix"
            ])
    }

    @Test func `conflicts are told beside the mistakes of a file that cannot be used`() {
        let told = mistakes(pipelineText(accept: "{ max-size: big }"), pipelineText(name: "second"))
        #expect(told.count == 2)
        #expect(told.last?.contains("two owners") == true)
    }

    @Test(arguments: [
        ("s3://acme-media/permanent/{rest}", "s3://acme-media/quarantine/{job}", false),
        ("s3://acme-media/permanent/{rest}", "s3://acme-quarantine/permanent/{job}", false),
        ("s3://acme-media/{rest}", "s3://acme-media/quarantine/{job}", true),
        ("s3://acme-media/permanent/{rest}", "s3://acme-media/permanent/bad/{job}", true),
        ("s3://acme-media/permanent/{rest}", "s3://acme-media/{verdict}/{job}", true),
    ])
    func `quarantine is not laid among what is moved`(move: String, quarantine: String, isRefused: Bool) {
        let told = mistakes(
            pipelineText(clean: "{ move: \"\(move)\" }", infected: "{ quarantine: \"\(quarantine)\" }"))
        #expect(told.count == (isRefused ? 1 : 0))
        #expect(told.allSatisfy { $0.hasPrefix("1.yaml:5:27: then.infected.quarantine: ") && $0.contains("1.yaml:4") })
    }
}
