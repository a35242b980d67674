import Domain
import Foundation
import Intake
import Testing

/// Every body in `samples/events` and `Tests/Fixtures/events`, against `expected.json`. The job ids there come from
/// an independent implementation of the identity.
@Suite struct GoldenBodyTests {
    private static let folders: [URL] = {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        return [
            tests.appending(path: "Fixtures/events"),
            tests.deletingLastPathComponent().appending(path: "samples/events"),
        ]
    }()

    private static let names: [String] =
        folders.flatMap { (try? FileManager.default.contentsOfDirectory(atPath: $0.path)) ?? [] }
        .filter { $0.hasSuffix(".json") && $0 != "expected.json" }.sorted()

    @Test func `every expectation has its body`() throws {
        #expect(try Set(Self.names) == Set(Self.expected().keys))
        #expect(Self.names.count > 40)
    }

    @Test(arguments: names)
    func `a body is read as expected`(name: String) throws {
        let file = try #require(
            Self.folders.map { $0.appending(path: name) }.first { FileManager.default.fileExists(atPath: $0.path) })
        let body = MessageBody(reading: try String(contentsOf: file, encoding: .utf8))
        let expected = try #require(try Self.expected()[name])
        switch (expected, body) {
        case (.test, .test): break
        case (.unreadable(let part), .unreadable(let reason)):
            #expect(reason.contains(part), "\(reason)")
        case (.records(let expected), .records(let records)):
            try #require(expected.count == records.count)
            for (expected, record) in zip(expected, records) { expected.check(record) }
        default: Issue.record("expected \(expected), but it was read as \(body)")
        }
    }

    private static func expected() throws -> [String: ExpectedBody] {
        try JSONDecoder().decode(
            [String: ExpectedBody].self, from: Data(contentsOf: folders[0].appending(path: "expected.json")))
    }
}

private enum ExpectedBody: Decodable {
    case test
    case unreadable(String)
    case records([ExpectedRecord])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let word = try? container.decode(String.self), word == "test" {
            self = .test
        } else if let reason = try? container.decode([String: String].self)["unreadable"] {
            self = .unreadable(reason)
        } else {
            self = .records(try container.decode([ExpectedRecord].self))
        }
    }
}

private struct ExpectedRecord: Decodable {
    struct Created: Decodable {
        let bucket: String, key: String, versionId: String?, etag: String?, sequencer: String?, size: Int64?
        let time: String?, name: String, job: String
    }
    let created: Created?
    let ignored: String?
    let unreadable: String?

    func check(_ record: MessageBody.Record) {
        switch record {
        case .ignored(let name): #expect(name == ignored)
        case .unreadable(let reason):
            #expect(unreadable.map(reason.contains) == true, "\(reason)")
        case .created(let event):
            guard let created else {
                Issue.record("expected \(self), but it is \(event)")
                return
            }
            // By bytes: `==` on `String` treats composed and decomposed letters as equal.
            #expect(Array(event.object.key.text.utf8) == Array(created.key.utf8))
            #expect(event.object.bucket == created.bucket)
            #expect(event.object.versionID == created.versionId)
            #expect(event.object.etag == created.etag)
            #expect(event.sequencer == created.sequencer)
            #expect(event.size == created.size)
            #expect(event.time?.description == created.time)
            #expect(event.name == created.name)
            #expect(JobID(of: event).text == created.job)
        }
    }
}
