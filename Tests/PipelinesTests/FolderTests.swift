import Domain
import Foundation
import Testing

@testable import Pipelines

struct FolderTests {
    /// The `pipelines/` folder that ships with the source.
    private static let shipped = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "pipelines").path

    private func withFolder(_ files: [String: String], _ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "pipelines-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for (name, text) in files { try Data(text.utf8).write(to: folder.appending(path: name)) }
        try body(folder.path)
    }

    private func mistakes(in folder: String) -> [String] {
        do throws(PipelineProblems) {
            _ = try PipelineSet(directory: folder)
            return []
        } catch {
            return error.problems.map(\.description)
        }
    }

    @Test func `the shipped pipelines have no conflicts`() throws {
        let set = try PipelineSet(directory: Self.shipped)
        #expect(
            set.pipelines.map(\.name) == [
                "bucketav-tags", "cross-account", "documents-regulated", "guardduty-tags", "images", "tag-only", "tus",
                "uploads",
            ])
        let table = [
            ("uploads/a.png", "uploads"), ("images/a.png", "images"),
            ("tenants/regulated/c.pdf", "documents-regulated"),
            ("tag-only/x", "tag-only"), ("guardduty/x", "guardduty-tags"), ("bucketav/x", "bucketav-tags"),
            ("tus/0f", "tus"), ("tus/0f.info", nil), ("tus/0f.part", nil), ("x", nil),
        ]
        for (key, name) in table {
            #expect(set.pipeline(for: "acme-incoming", key: try #require(ObjectKey(key)))?.name == name)
        }
        // Nothing that is not clean reaches the media bucket, and the regulated tenant loses nothing.
        for pipeline in set.pipelines {
            for verdict in Verdict.allCases where verdict != .clean {
                #expect(pipeline.action(for: verdict).destination?.bucket != "acme-media")
            }
        }
        let regulated = try #require(set["documents-regulated"])
        #expect(!Verdict.allCases.contains { regulated.action(for: $0) == .delete })
    }

    @Test func `the pipeline in the README is valid and has the defaults`() throws {
        let readme = try String(contentsOfFile: Self.shipped + "/README.md", encoding: .utf8)
        let block = try #require(readme.components(separatedBy: "```yaml\n").dropFirst().first)
        let text = try #require(block.components(separatedBy: "```").first)
        let pipeline = try #require(try load(text)["uploads"])
        // The README says that the values of `scan` are the defaults.
        #expect(pipeline.limits == ScanLimits() && !pipeline.scansRejected)
        #expect(pipeline.accept.declaredType == .mustAgree && pipeline.accept.polyglots == .reject)
    }

    @Test func `the schema and the reader have the same keys`() throws {
        let data = try Data(contentsOf: URL(filePath: Self.shipped + "/schema.json"))
        let schema = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        func at(_ path: String...) -> [String: Any] {
            path.reduce(schema) { $0[$1] as? [String: Any] ?? [:] }
        }
        func same(_ object: [String: Any], _ keys: [String]) {
            #expect((object["properties"] as? [String: Any])?.keys.sorted() == keys.sorted())
            #expect(object["additionalProperties"] as? Bool == false)
        }
        same(schema, PipelineKeys.top)
        same(at("properties", "match"), PipelineKeys.match)
        same(at("properties", "accept"), PipelineKeys.accept)
        same(at("properties", "accept", "properties", "quota"), PipelineKeys.quota)
        same(at("properties", "scan"), PipelineKeys.scan)
        same(at("properties", "aws"), PipelineKeys.aws)
        same(at("properties", "review"), PipelineKeys.review)
        same(at("properties", "notify", "items"), PipelineKeys.notify)
        same(at("properties", "notify", "items", "properties", "webhook"), PipelineKeys.webhook)
        #expect(at("properties", "notify")["maxItems"] as? Int == NotifyRule.most)
        same(at("properties", "then"), PipelineKeys.then)
        same(at("definitions", "move"), ["move", "tags"])
        same(at("definitions", "quarantine"), ["quarantine", "tags"])
        same(at("definitions", "tag"), ["tag"])
        #expect(Set(PipelineKeys.action) == ["move", "quarantine", "tag", "tags"])
        #expect(at("definitions", "bare")["enum"] as? [String] == PipelineKeys.bareActions)
        #expect(at("properties", "then")["required"] as? [String] == PipelineKeys.then)
        #expect(schema["required"] as? [String] == ["pipeline", "match", "then"])
        #expect(
            at("properties", "accept", "properties", "declared-type")["enum"] as? [String]
                == Acceptance.DeclaredType.allCases.map(\.rawValue))
        #expect(
            at("properties", "accept", "properties", "polyglots")["enum"] as? [String]
                == Acceptance.Polyglots.allCases.map(\.rawValue))
        #expect(
            at("properties", "scan", "properties", "over-ceiling")["enum"] as? [String]
                == ScanLimits.OverCeiling.allCases.map(\.rawValue))
        #expect(
            at("properties", "scan", "properties", "encrypted")["enum"] as? [String]
                == ScanLimits.Encrypted.allCases.map(\.rawValue))
        #expect(at("definitions", "tags")["maxProperties"] as? Int == TagTemplate.maxTags)
        #expect(Set(PipelineKeys.then) == Set(Verdict.allCases.map(\.rawValue)))
    }

    @Test func `a missing or empty folder is reported with what to do`() throws {
        let missing = mistakes(in: "/nowhere/pipelines")
        #expect(missing.count == 1)
        #expect(missing.first?.hasPrefix("/nowhere/pipelines: No such file or directory; ") == true)
        #expect(missing.first?.contains("--pipelines") == true)
        try withFolder(["README.md": "x", "schema.json": "{}", ".hidden.yaml": "x", "old.yaml~": "x"]) { folder in
            #expect(
                mistakes(in: folder) == [
                    "\(folder): no *.yaml files; add a pipeline, or set --pipelines to another folder"
                ])
        }
        #expect(throws: PipelineProblems.self) { try PipelineSet(files: []) }
    }

    @Test func `files with both extensions are read in the order of their names`() throws {
        let files = [
            "b.yml": pipelineText(name: "b", match: "{ bucket: bbb }"),
            "a.yaml": pipelineText(name: "a", match: "{ bucket: aaa }"),
        ]
        try withFolder(files) { folder in
            let set = try PipelineSet(directory: folder + "/")
            #expect(set.pipelines.map(\.name) == ["a", "b"])
        }
    }

    @Test func `a file that cannot be read is reported with the mistakes of the others`() throws {
        try withFolder(["a.yaml": "pipeline: A\n", "c.yaml": String(repeating: " ", count: 2_000_000)]) { folder in
            try FileManager.default.createDirectory(atPath: folder + "/b.yaml", withIntermediateDirectories: true)
            #expect(mkfifo(folder + "/d.yaml", 0o600) == 0)
            try FileManager.default.createSymbolicLink(atPath: folder + "/e.yaml", withDestinationPath: "gone")
            let problems = mistakes(in: folder)
            #expect(problems.contains { $0.hasPrefix("\(folder)/a.yaml:1:11: pipeline: found 'A'") })
            #expect(problems.contains("\(folder)/b.yaml: not a regular file"))
            #expect(problems.contains { $0.hasPrefix("\(folder)/c.yaml:1:1: more than 1048576 bytes") })
            #expect(problems.contains("\(folder)/d.yaml: not a regular file"))
            #expect(problems.contains("\(folder)/e.yaml: can't be read: No such file or directory"))
        }
    }
}
