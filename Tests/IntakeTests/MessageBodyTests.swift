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

    private func body(of count: Int) -> String {
        "{\"Records\":[\(Array(repeating: recordText(key: "k"), count: count).joined(separator: ","))]}"
    }

    @Test func `a body as long as SQS allows is read`() {
        let body = body(of: MessageBody.maxRecords)
        let padded = body + String(repeating: " ", count: MessageBody.longest - body.utf8.count)
        guard case .records(let records) = MessageBody(reading: padded) else {
            Issue.record("not read")
            return
        }
        #expect(records.count == MessageBody.maxRecords)
        #expect(records.allSatisfy { if case .created = $0 { true } else { false } })
    }

    @Test(arguments: [MessageBody.maxRecords + 1, 3000]) func `more records than that are unreadable`(count: Int) {
        #expect(MessageBody(reading: body(of: count)).isUnreadable)
    }

    static let fields = ["versionId", "eTag", "sequencer", "bucket", "eventName", "eventVersion", "eventSource", "key"]

    /// One letter with many combining marks is one character.
    @Test(arguments: fields, ["aaaa", "e\u{301}\u{301}\u{301}"])
    func `every text of a record that is kept has a bound in bytes`(field: String, unit: String) {
        let long = String(repeating: unit, count: 30_000)
        var bucket = ["name": "b"]
        var object = ["key": "k", "eTag": "e", "sequencer": "01"]
        var record: [String: String] = [
            "eventVersion": "2.1", "eventSource": "aws:s3", "eventName": "ObjectCreated:Put",
        ]
        switch field {
        case "bucket": bucket["name"] = long
        case "eventName": record[field] = "ObjectCreated:" + long
        case "eventVersion": record[field] = "3." + long
        case "eventSource": record[field] = long
        default: object[field] = long
        }
        func json(_ values: [String: String]) -> String {
            values.map { "\"\($0.key)\":\"\($0.value)\"" }.joined(separator: ",")
        }
        let s3 = "\"s3\":{\"bucket\":{\(json(bucket))},\"object\":{\(json(object))}}"
        let body = MessageBody(reading: "{\"Records\":[{\(json(record)),\(s3)}]}")
        guard case .records(let records) = body, let only = records.first else {
            Issue.record("\(body)")
            return
        }
        switch only {
        case .unreadable(let reason): #expect(reason.utf8.count <= 303)
        case .created(let event):
            #expect(field == "eventName")
            #expect(event.name.utf8.count <= 131)
        case .ignored: Issue.record("ignored")
        }
    }

    @Test func `what an event says about the uploader is read, within bounds`() {
        func uploader(_ principal: String) -> Uploader? {
            let record = """
                {"eventVersion":"2.1","eventSource":"aws:s3","eventName":"ObjectCreated:Put",
                "userIdentity":{"principalId":"\(principal)"},"requestParameters":{"sourceIPAddress":"203.0.113.9"},
                "responseElements":{"x-amz-request-id":"R1","x-amz-id-2":"x"},
                "s3":{"bucket":{"name":"b"},"object":{"key":"k","eTag":"e"}}}
                """
            guard case .records(let records) = MessageBody(reading: "{\"Records\":[\(record)]}"),
                case .created(let event)? = records.first
            else { return nil }
            // A replay sends the same.
            guard case .records(let again) = MessageBody(reading: EventMessage(event).body) else { return nil }
            return again == records ? event.uploader : nil
        }
        #expect(
            uploader("AWS:AIDA") == Uploader(principal: "AWS:AIDA", sourceIP: "203.0.113.9", requestID: "R1"))
        #expect(uploader(String(repeating: "x", count: 5000))?.principal == nil)
    }

    @Test func `uploads without version, ETag and sequencer are told apart by their requests`() {
        func job(_ request: String) -> JobID {
            let object = ObjectVersion(bucket: "b", key: ObjectKey("k")!, versionID: nil, etag: nil)
            return JobID(
                of: Event(
                    object: object, size: nil, sequencer: nil, time: nil, name: "ObjectCreated:Put",
                    uploader: Uploader(requestID: request)))
        }
        #expect(job("R1") != job("R2") && job("R1") == job("R1"))
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
        #expect(reason.utf8.count <= 303)
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
