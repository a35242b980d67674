import Domain
import Intake
import Testing

/// What is sent must be read again as what it was: another key, or another ETag, would be another job.
@Suite struct EventMessageTests {
    private func event(
        bucket: String = "incoming", _ key: String = "uploads/a.txt", version: String? = nil, etag: String? = "0f",
        size: Int64? = 12, sequencer: String? = "0055AED6DCD90281E5",
        time: Timestamp? = Timestamp(milliseconds: 1_795_248_550_123), name: String = "ObjectCreated:Put"
    ) throws -> Event {
        Event(
            object: ObjectVersion(
                bucket: bucket, key: try #require(ObjectKey(key)), versionID: version, etag: etag),
            size: size, sequencer: sequencer, time: time, name: name)
    }

    private func expectTheSame(_ event: Event, sourceLocation: SourceLocation = #_sourceLocation) {
        let body = EventMessage(event).body
        guard case .records(let records) = MessageBody(reading: body), case .created(let read)? = records.first,
            records.count == 1
        else {
            Issue.record("not read: \(body)", sourceLocation: sourceLocation)
            return
        }
        #expect(read == event, sourceLocation: sourceLocation)
        #expect(JobID(of: read) == JobID(of: event), sourceLocation: sourceLocation)
    }

    static let keys = [
        "a", "uploads/a b.txt", "a+b", "a%2Bb", "%", "%zz", "100% +1", "ключ/файл.png", "\u{E9}", "e\u{301}", "👩‍👩‍👧",
        "\u{0}",
        "\n\t\r", "\u{7F}", "\"quoted\"", "back\\slash", "../../etc/passwd", "/leading//double/",
        "~.-_!*'();:@&=$,?#[]",
        "{\"Records\":[]}", "\u{FEFF}bom", "\u{2028}", "\u{10FFFF}", " ", "+",
    ]

    @Test(arguments: keys)
    func `every key is read again byte for byte`(_ key: String) throws {
        let sent = try event(key)
        expectTheSame(sent)
        expectTheSame(try event(key, version: "v1", etag: nil, sequencer: nil))
    }

    @Test func `the longest keys are read again`() throws {
        expectTheSame(try event(String(repeating: "é", count: 512)))
        expectTheSame(try event(String(repeating: "%", count: 1024)))
    }

    @Test func `each byte of a key has a form that is read again`() throws {
        for scalar in (0..<0x250).compactMap(Unicode.Scalar.init) { expectTheSame(try event("k\(scalar)k")) }
    }

    @Test func `what the event does not tell is not made up`() throws {
        expectTheSame(try event(etag: nil, size: nil, time: nil))
        expectTheSame(try event(version: "v1", etag: nil, size: nil, sequencer: nil, time: nil))
        expectTheSame(try event(size: nil, sequencer: nil, time: nil))
        expectTheSame(try event(size: 0))
        expectTheSame(try event(size: .max, time: Timestamp(milliseconds: 0)))
    }

    @Test(arguments: ["d41d8cd98f00b204e9800998ecf8427e-12", "\"quoted\"", "\"\"", "\"", "a\"b\\c", "\u{1}"])
    func `the ETag is read again with its own quotation marks`(_ etag: String) throws {
        expectTheSame(try event(etag: etag))
    }

    @Test(arguments: ["ObjectCreated:CompleteMultipartUpload", "ObjectCreated:", "ObjectCreated"])
    func `the name of the event is read again`(_ name: String) throws { expectTheSame(try event(name: name)) }

    @Test func `an event of any other name is still of a created object`() throws {
        let body = MessageBody(reading: EventMessage(try event(name: "Backfill")).body)
        guard case .records(let records) = body, case .created(let read)? = records.first else {
            Issue.record("\(body)")
            return
        }
        #expect(JobID(of: read) == JobID(of: try event()))
    }

    /// EventBridge leaves the reason out at times, and such an event must be as good when it comes again.
    @Test func `an event that came by EventBridge is read again`() throws {
        let body = MessageBody(
            reading: """
                {"source":"aws.s3","detail-type":"Object Created","time":"2026-11-21T10:00:00Z","detail":
                {"bucket":{"name":"b"},"object":{"key":"a+b c","etag":"e","sequencer":"1"}}}
                """)
        guard case .records(let records) = body, case .created(let event)? = records.first else {
            Issue.record("\(body)")
            return
        }
        expectTheSame(event)
    }
}
