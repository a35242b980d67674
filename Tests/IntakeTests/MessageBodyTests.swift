import Domain
import Intake
import Testing

/// Bodies that no golden file contains: ones made to exhaust memory, and duplicates.
@Suite struct MessageBodyTests {
    @Test(arguments: [600, 100_000])
    func `deep nesting is unreadable`(depth: Int) {
        let body = "{\"Records\":\(String(repeating: "[", count: depth))\(String(repeating: "]", count: depth))}"
        #expect(MessageBody(reading: body).isUnreadable)
        #expect(MessageBody(reading: String(repeating: "{\"detail\":", count: depth)).isUnreadable)
    }

    @Test func `a body as long as SQS allows is read`() {
        let record = recordText(key: "k")
        let count = MessageBody.longest / (record.utf8.count + 1) - 1
        let body = "{\"Records\":[\(Array(repeating: record, count: count).joined(separator: ","))]}"
        guard case .records(let records) = MessageBody(reading: body) else {
            Issue.record("not read")
            return
        }
        #expect(records.count == count)
        #expect(records.allSatisfy { if case .created = $0 { true } else { false } })
    }

    @Test func `a longer body is unreadable`() {
        let body = "{\"Records\":[\(recordText(key: "k"))]}" + String(repeating: " ", count: MessageBody.longest)
        #expect(MessageBody(reading: body).isUnreadable)
    }

    /// S3 never sends a name twice; such a body must not make a record vanish.
    @Test func `one value of a duplicate name is used`() {
        let body = "{\"Records\":[\(recordText(key: "one"))],\"Records\":[\(recordText(key: "two"))]}"
        guard case .records(let records) = MessageBody(reading: body), case .created(let event)? = records.first else {
            Issue.record("not read")
            return
        }
        #expect(records.count == 1)
        #expect(["one", "two"].contains(event.object.key.text))
    }

    @Test func `a reason is short, however long the body`() {
        let body = "{\"Records\":[\(recordText(key: "%zz" + String(repeating: "é", count: 5000)))]}"
        guard case .records(let records) = MessageBody(reading: body), case .unreadable(let reason)? = records.first
        else {
            Issue.record("not unreadable")
            return
        }
        #expect(reason.count <= 301)
    }
}

@Suite struct JobIdentityTests {
    @Test func `the identity is the version ID if there is one`() {
        let one = event(version: "v1", etag: "a", sequencer: "1")
        #expect(JobID(of: one) == JobID(of: event(version: "v1", etag: "b", sequencer: "2")))
        #expect(JobID(of: one) != JobID(of: event(version: "v2", etag: "a", sequencer: "1")))
    }

    @Test func `without a version ID the identity is ETag and sequencer`() {
        let one = event(version: nil, etag: "a", sequencer: "1")
        #expect(JobID(of: one) == JobID(of: event(version: "null", etag: "a", sequencer: "1")))
        #expect(JobID(of: one) != JobID(of: event(version: nil, etag: "b", sequencer: "1")))
        #expect(JobID(of: one) != JobID(of: event(version: nil, etag: "a", sequencer: "2")))
        #expect(JobID(of: one) != JobID(of: event(version: nil, etag: "a1", sequencer: nil)))
    }

    @Test func `different fields never share an identity`() {
        let ids = [("a", "bc"), ("ab", "c"), ("a", "b\u{0}c"), ("", "abc")].map { bucket, key in
            JobID(of: event(bucket: bucket, key: key, version: nil, etag: "e", sequencer: "s"))
        }
        #expect(Set(ids).count == ids.count)
    }

    @Test func `no other field of an event is part of its identity`() {
        #expect(
            JobID(of: event(version: "v", etag: nil, sequencer: nil, size: 1, name: "ObjectCreated:Put"))
                == JobID(of: event(version: "v", etag: nil, sequencer: nil, size: nil, name: "ObjectCreated")))
    }
}

extension MessageBody {
    fileprivate var isUnreadable: Bool { if case .unreadable = self { true } else { false } }
}

private func event(
    bucket: String = "b", key: String = "k", version: String?, etag: String?, sequencer: String?, size: Int64? = 1,
    name: String = "ObjectCreated:Put"
) -> Event {
    Event(
        object: ObjectVersion(bucket: bucket, key: ObjectKey(key)!, versionID: version, etag: etag), size: size,
        sequencer: sequencer, time: nil, name: name)
}

/// One record as S3 writes it, with the key as given.
func recordText(key: String, etag: String = "e", sequencer: String = "01", event: String = "ObjectCreated:Put")
    -> String
{
    """
    {"eventVersion":"2.1","eventSource":"aws:s3","eventName":"\(event)","s3":{"bucket":{"name":"incoming"},\
    "object":{"key":"\(key)","size":1,"eTag":"\(etag)","sequencer":"\(sequencer)"}}}
    """
}
