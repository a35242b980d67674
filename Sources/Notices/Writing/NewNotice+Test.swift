package import Domain
package import Ledger
internal import Support

extension NewNotice {
    /// A notice that reports nothing, to try a destination with.
    package static func test(to destination: String, at time: Timestamp) -> NewNotice {
        let id = "test-\(String(UInt64.random(in: .min ... .max), radix: 16))"
        let body = JSONWriter.object { json in
            json.field("schemaVersion", Notice.schemaVersion)
            json.field("id", id)
            json.field("kind", NoticeKind.test.rawValue)
            json.field("time", time.description)
        }
        return NewNotice(
            id: id, destination: destination,
            attributes: NoticeAttributes(kind: .test, pipeline: "test", bucket: "test"), job: nil, body: inert(body),
            createdAt: time)
    }
}
