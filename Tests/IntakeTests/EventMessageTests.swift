import Domain
import Intake
import Testing

/// Sent events must be read back unchanged: another key or ETag would be another job.
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

    private func expectRoundTrip(_ event: Event, sourceLocation: SourceLocation = #_sourceLocation) {
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
    func `every key is read back byte for byte`(_ key: String) throws {
        let sent = try event(key)
        expectRoundTrip(sent)
        expectRoundTrip(try event(key, version: "v1", etag: nil, sequencer: nil))
    }

    @Test func `the longest keys are read back`() throws {
        expectRoundTrip(try event(String(repeating: "é", count: 512)))
        expectRoundTrip(try event(String(repeating: "%", count: 1024)))
    }

    @Test func `every encoded byte of a key is read back`() throws {
        for scalar in (0..<0x250).compactMap(Unicode.Scalar.init) { expectRoundTrip(try event("k\(scalar)k")) }
    }

    @Test func `missing fields of an event stay missing`() throws {
        expectRoundTrip(try event(etag: nil, size: nil, time: nil))
        expectRoundTrip(try event(version: "v1", etag: nil, size: nil, sequencer: nil, time: nil))
        expectRoundTrip(try event(size: nil, sequencer: nil, time: nil))
        expectRoundTrip(try event(size: 0))
        expectRoundTrip(try event(size: .max, time: Timestamp(milliseconds: 0)))
    }

    @Test(arguments: ["d41d8cd98f00b204e9800998ecf8427e-12", "\"quoted\"", "\"\"", "\"", "a\"b\\c", "\u{1}"])
    func `an ETag is read back with its own quotation marks`(_ etag: String) throws {
        expectRoundTrip(try event(etag: etag))
    }

    @Test(arguments: ["ObjectCreated:CompleteMultipartUpload", "ObjectCreated:", "ObjectCreated"])
    func `the event's name is read back`(_ name: String) throws { expectRoundTrip(try event(name: name)) }

    @Test func `an event of any other name is read back as a created object`() throws {
        let body = MessageBody(reading: EventMessage(try event(name: "Backfill")).body)
        guard case .records(let records) = body, case .created(let read)? = records.first else {
            Issue.record("\(body)")
            return
        }
        #expect(JobID(of: read) == JobID(of: try event()))
    }

    /// EventBridge sometimes omits the reason. Such an event must be read back too.
    @Test func `an event from EventBridge is read back`() throws {
        let body = MessageBody(
            reading: """
                {"source":"aws.s3","detail-type":"Object Created","time":"2026-11-21T10:00:00Z","detail":
                {"bucket":{"name":"b"},"object":{"key":"a+b c","etag":"e","sequencer":"1"}}}
                """)
        guard case .records(let records) = body, case .created(let event)? = records.first else {
            Issue.record("\(body)")
            return
        }
        expectRoundTrip(event)
    }
}
