package import Domain
internal import FoundationEssentials

/// What the body of a message says.
///
/// S3's notifications reach a queue in four shapes: straight from S3 (`Records`), wrapped by SNS (`Type` and
/// `Message`), raw from SNS (as straight from S3), and from EventBridge (`detail-type`), which SNS may wrap too
/// (Amazon S3 User Guide, "Event message structure" and "EventBridge event message structure"; Amazon SNS Developer
/// Guide, "Parsing message formats"). Whatever has no such shape is `unreadable`: nothing is guessed.
package enum MessageBody: Sendable, Equatable {
    /// What the message tells of, in its order. One record that cannot be read spoils only itself.
    case records([Record])
    /// What S3 sends when a notification is set up; no object stands behind it.
    case test
    case unreadable(reason: String)

    package enum Record: Sendable, Equatable {
        case created(Event)
        /// Anything but ObjectCreated, by its name.
        case ignored(name: String)
        case unreadable(reason: String)
    }

    /// Bytes. SQS lets no message be longer (Amazon SQS Developer Guide, "Amazon SQS message quotas").
    package static let longest = 1_048_576

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

/// Why a body or a record can't be taken.
struct Unreadable: Error, Equatable {
    let reason: String

    /// - Parameter reason: cut to a length that a log line and a ledger row can hold; it may quote the body.
    init(_ reason: String) { self.reason = reason.count <= 300 ? reason : reason.prefix(300) + "…" }

    init(decoding error: any Error) {
        guard case let error as DecodingError = error else {
            // The decoder found an escape such as `\\ud800` that stands for no character.
            self.init("text that is no Unicode")
            return
        }
        switch error {
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            self.init("\(context.place): \(context.debugDescription)")
        case .keyNotFound(let key, let context): self.init("\(context.place): no \(key.stringValue)")
        case .dataCorrupted: self.init("not JSON, or cut short")
        @unknown default: self.init("not understood")
        }
    }
}

extension DecodingError.Context {
    fileprivate var place: String {
        codingPath.isEmpty
            ? "body" : codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".")
    }
}

/// The outermost object of a body, in whichever shape it has: each field belongs to one or two of them.
private struct Notification: Decodable {
    let type: String?
    let message: String?
    let event: String?
    let records: [Attempt<S3Record>]?
    let source: String?
    let detailType: String?
    let time: String?
    let detail: Attempt<EventBridgeDetail>?

    private enum CodingKeys: String, CodingKey {
        case type = "Type"
        case message = "Message"
        case event = "Event"
        case records = "Records"
        case source, time, detail
        case detailType = "detail-type"
    }

    init(decoding text: String) throws(Unreadable) {
        guard text.utf8.count <= MessageBody.longest else { throw Unreadable("longer than SQS lets a message be") }
        do { self = try JSONDecoder().decode(Notification.self, from: Data(text.utf8)) } catch {
            throw Unreadable(decoding: error)
        }
    }

    /// What SNS wraps. A request to confirm a subscription is left to the dead-letter queue, where its owner finds the
    /// address to confirm it at: acknowledged here, nobody would.
    func messageOfSNS() throws(Unreadable) -> String {
        guard type == "Notification" else {
            throw Unreadable("an SNS message of type \(type ?? ""), not Notification: is the subscription confirmed?")
        }
        guard let message else { throw Unreadable("an SNS notification without a Message") }
        return message
    }

    func contents() throws(Unreadable) -> MessageBody {
        if event == "s3:TestEvent" { return .test }
        if let records { return .records(records.map { $0.record { record throws(Unreadable) in try record.read() } }) }
        guard let detailType else { throw Unreadable("neither an S3 notification nor an S3 event of EventBridge") }
        guard source == "aws.s3" else { throw Unreadable("an event of \(source ?? "no source"), not of aws.s3") }
        guard detailType == "Object Created" else { return .records([.ignored(name: detailType)]) }
        guard let detail else { throw Unreadable("an Object Created event without detail") }
        return .records([detail.record { detail throws(Unreadable) in try detail.read(time: time) }])
    }
}

/// A part of a body whose failure to decode is kept with it, so that its neighbours are still read.
private struct Attempt<Part: Decodable>: Decodable {
    let part: Result<Part, Unreadable>

    init(from decoder: any Decoder) {
        do { part = .success(try Part(from: decoder)) } catch { part = .failure(Unreadable(decoding: error)) }
    }

    func record(_ read: (Part) throws(Unreadable) -> MessageBody.Record) -> MessageBody.Record {
        do throws(Unreadable) { return try read(part.get()) } catch { return .unreadable(reason: error.reason) }
    }
}
