package import Domain
internal import FoundationEssentials

/// The content of a message's body.
///
/// S3's notifications reach a queue in five formats: straight from S3 (`Records`), wrapped by SNS (`Type` and
/// `Message`), raw from SNS (as straight from S3), from EventBridge (`detail-type`), which SNS may wrap too, and by way
/// of CloudTrail and EventBridge (Amazon S3 User Guide, "Event message structure" and "EventBridge event message
/// structure"; Amazon SNS Developer Guide, "Parsing message formats"; AWS CloudTrail User Guide, "CloudTrail record
/// contents"). Any other body is `unreadable`: nothing is guessed. `UninterestingEvents` lists what is acknowledged
/// without work.
package enum MessageBody: Sendable, Equatable {
    /// The records in their order. An unreadable record does not affect the others.
    case records([Record])
    /// The test event that S3 sends when a notification is set up. It has no object.
    case test
    case unreadable(reason: String)

    package enum Record: Sendable, Equatable {
        case created(Event)
        /// An event other than ObjectCreated, by its name.
        case ignored(name: String)
        case unreadable(reason: String)
    }

    /// The longest message that SQS accepts, in bytes (Amazon SQS Developer Guide, "Amazon SQS message quotas").
    package static let longest = 1_048_576
    /// The most records of one message; S3 itself sends one.
    package static let maxRecords = 100

    package init(reading text: String) {
        do throws(Unreadable) {
            let outer = try Notification(decoding: text)
            guard outer.type != nil else {
                self = try outer.contents()
                return
            }
            let inner = try Notification(decoding: outer.messageOfSNS())
            guard inner.type == nil else { throw Unreadable("an SNS notification within an SNS notification") }
            self = try inner.contents()
        } catch {
            self = .unreadable(reason: error.reason)
        }
    }
}

/// Why a body or a record can't be read.
struct Unreadable: Error, Equatable {
    let reason: String

    /// - Parameter reason: may quote the body; it is cut to 300 bytes and an ellipsis, for log lines and ledger rows.
    init(_ reason: String) { self.reason = reason.cut(toBytes: 300) }

    init(decoding error: any Error) {
        guard case let error as DecodingError = error else {
            // The decoder found an escape such as `\\ud800` that encodes no character.
            self.init("text that is not valid Unicode")
            return
        }
        switch error {
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            self.init("\(context.place): \(context.debugDescription)")
        case .keyNotFound(let key, let context): self.init("\(context.place): no \(key.stringValue)")
        case .dataCorrupted: self.init("not JSON, or cut short")
        @unknown default: self.init("not JSON of a known form")
        }
    }
}

extension String {
    /// The beginning, up to a number of bytes of UTF-8, and an ellipsis if something is missing.
    func cut(toBytes limit: Int) -> String {
        guard utf8.count > limit else { return self }
        var end = utf8.index(utf8.startIndex, offsetBy: limit)
        while end > utf8.startIndex, UTF8.isContinuation(utf8[end]) { end = utf8.index(before: end) }
        return String(decoding: utf8[..<end], as: UTF8.self) + "…"
    }
}

extension DecodingError.Context {
    fileprivate var place: String {
        codingPath.isEmpty
            ? "body" : codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".")
    }
}

/// The outermost object of a body in any of the formats: each field belongs to one or two of them.
private struct Notification: Decodable {
    let type: String?
    let message: String?
    let event: String?
    let records: [Decoded<S3Record>]?
    let source: String?
    let detailType: String?
    let time: String?
    let id: String?
    let detail: Decoded<EventBridgeDetail>?
    let call: Decoded<CloudTrailDetail>?

    private enum CodingKeys: String, CodingKey {
        case type = "Type"
        case message = "Message"
        case event = "Event"
        case records = "Records"
        case source, time, id, detail
        case detailType = "detail-type"
    }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        type = try fields.decodeIfPresent(String.self, forKey: .type)
        message = try fields.decodeIfPresent(String.self, forKey: .message)
        event = try fields.decodeIfPresent(String.self, forKey: .event)
        records = try fields.decodeIfPresent([Decoded<S3Record>].self, forKey: .records)
        source = try fields.decodeIfPresent(String.self, forKey: .source)
        detailType = try fields.decodeIfPresent(String.self, forKey: .detailType)
        time = try fields.decodeIfPresent(String.self, forKey: .time)
        id = try fields.decodeIfPresent(String.self, forKey: .id)
        let isCall = detailType == CloudTrailDetail.detailType
        detail = isCall ? nil : try fields.decodeIfPresent(Decoded<EventBridgeDetail>.self, forKey: .detail)
        call = isCall ? try fields.decodeIfPresent(Decoded<CloudTrailDetail>.self, forKey: .detail) : nil
    }

    init(decoding text: String) throws(Unreadable) {
        guard text.utf8.count <= MessageBody.longest else { throw Unreadable("longer than SQS accepts") }
        do { self = try JSONDecoder().decode(Notification.self, from: Data(text.utf8)) } catch {
            throw Unreadable(decoding: error)
        }
    }

    /// Returns the message that SNS wraps. A request to confirm a subscription is unreadable and so ends in the
    /// dead-letter queue, where the owner finds the URL to confirm it; acknowledging it would lose the URL.
    func messageOfSNS() throws(Unreadable) -> String {
        guard type == "Notification" else {
            throw Unreadable("an SNS message of type \(type ?? ""), not Notification: is the subscription confirmed?")
        }
        guard let message else { throw Unreadable("an SNS notification without a Message") }
        return message
    }

    func contents() throws(Unreadable) -> MessageBody {
        if event == "s3:TestEvent" { return .test }
        if let records {
            guard records.count <= MessageBody.maxRecords else {
                throw Unreadable("\(records.count) records; at most \(MessageBody.maxRecords) are read")
            }
            return .records(records.map { $0.record { record throws(Unreadable) in try record.read() } })
        }
        guard let detailType else { throw Unreadable("neither an S3 notification nor an EventBridge event of S3") }
        guard source == "aws.s3" else { throw Unreadable("an event of \(source ?? "no source"), not of aws.s3") }
        if detailType == CloudTrailDetail.detailType {
            guard let call else { throw Unreadable("an API call without detail") }
            return .records([call.record { call throws(Unreadable) in try call.read(eventID: id) }])
        }
        guard detailType == "Object Created" else {
            guard UninterestingEvents.eventBridge.contains(detailType) else {
                throw Unreadable("an EventBridge event of S3 that is not known: \(detailType)")
            }
            return .records([.ignored(name: detailType)])
        }
        guard let detail else { throw Unreadable("an Object Created event without detail") }
        return .records([detail.record { detail throws(Unreadable) in try detail.read(time: time) }])
    }
}

/// A part of a body, or the error of decoding it, so that an error does not affect the parts next to it.
private struct Decoded<Part: Decodable>: Decodable {
    let part: Result<Part, Unreadable>

    init(from decoder: any Decoder) {
        do { part = .success(try Part(from: decoder)) } catch { part = .failure(Unreadable(decoding: error)) }
    }

    func record(_ read: (Part) throws(Unreadable) -> MessageBody.Record) -> MessageBody.Record {
        do throws(Unreadable) { return try read(part.get()) } catch { return .unreadable(reason: error.reason) }
    }
}
