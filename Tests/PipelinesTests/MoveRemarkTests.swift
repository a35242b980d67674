import Testing

@testable import Pipelines

/// Warnings about destinations where clean objects could replace each other.
struct MoveRemarkTests {
    /// Two matches with their destinations, and whether an object of one may get the key of the other.
    @Test(arguments: [
        ("a/", "s3://media/x/{rest}", "b/", "s3://media/x/{rest}", true),
        ("a/", "s3://media/x/{rest}", "b/", "s3://media/x/docs/{rest}", true),
        ("a/", "s3://media/{rest}", "b/", "s3://media/x/{date}/{rest}", true),
        ("a/", "s3://media/x/{rest}", "b/", "s3://media/y/{rest}", false),
        ("a/", "s3://media/x/{rest}", "b/", "s3://other/x/{rest}", false),
        ("a/", "s3://media/x/{key}", "b/", "s3://media/x/{key}", false),
        ("a/", "s3://media/x/{key}", "a/b/", "s3://media/x/{key}", true),
        ("a/", "s3://media/{verdict}/{key}", "b/", "s3://media/clean/{rest}", true),
        ("a/", "s3://media/x/{job}/{name}", "b/", "s3://media/x/{rest}", false),
        ("a/", "s3://media/x/{rest}.a", "b/", "s3://media/x/{rest}.b", false),
        ("a/", "s3://media/x/{rest}.gz", "b/", "s3://media/x/{rest}.tar.gz", true),
    ])
    func `moves of two pipelines that may meet are a warning`(
        first: String, to: String, second: String, and: String, mayMeet: Bool
    ) throws {
        let exclude = second.hasPrefix(first) ? ", exclude: [\"b/*\"]" : ""
        let set = try load(
            pipelineText(
                name: "first", match: "{ bucket: incoming, prefix: \(first)\(exclude) }",
                clean: "{ move: \"\(to)\" }"),
            pipelineText(
                name: "second", match: "{ bucket: incoming, prefix: \(second) }", clean: "{ move: \"\(and)\" }"))
        #expect(set.warnings.count == (mayMeet ? 1 : 0), "\(set.warnings)")
        guard let warning = set.warnings.first else { return }
        #expect(warning.description.hasPrefix("2.yaml:4:"), "\(warning)")
        #expect(warning.message.contains("1.yaml:4 moves to '\(to)'"), "\(warning)")
    }

    @Test func `the bucket in the key keeps two pipelines apart`() throws {
        let move = "{ move: \"s3://media/{bucket}/{rest}\" }"
        let set = try load(
            pipelineText(name: "first", match: "{ bucket: one }", clean: move),
            pipelineText(name: "second", match: "{ bucket: two }", clean: move))
        #expect(set.warnings.isEmpty)
    }

    @Test(arguments: [
        ("{name}", true), ("x/{date}/{name}", true), ("{name}/{rest}", false), ("{job}/{name}", false),
        ("{key}", false),
    ])
    func `a move that tells objects apart by their names alone is a warning`(key: String, isWarning: Bool) throws {
        let set = try load(pipelineText(clean: "{ move: \"s3://media/\(key)\" }"))
        #expect(set.warnings.contains { $0.message.contains("different folders") } == isWarning)
    }

    /// A destination, and the bytes of the longest key of an object that fits. The prefix `uploads/` has 8.
    @Test(
        arguments: [
            ("{rest}", nil), ("12345678{rest}", nil), ("permanent/{rest}", 1022), ("x/{key}", 1022),
            ("{date}/{rest}", 1021), ("{job}/{name}", 999), ("{key}{key}", 512),
        ] as [(String, Int?)])
    func `keys that a move can't hold are noted`(key: String, longest: Int?) throws {
        let set = try load(pipelineText(clean: "{ move: \"s3://media/\(key)\" }"))
        #expect(set.notes.count == (longest == nil ? 0 : 1))
        if let longest { #expect(set.notes[0].message.contains("more than \(longest) bytes")) }
    }
}
