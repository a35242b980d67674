internal import Digest
internal import Domain
internal import FoundationEssentials
internal import HTTP
internal import Support

/// The headers that authenticate a webhook's message: HMAC-SHA-256 over `ID.SECONDS.BODY`, one signature for each key
/// (Standard Webhooks 1.0.0, "Webhook headers" and "Signature scheme").
struct WebhookSignature {
    let headers: [HTTPHeader]

    init(id: String, at time: Timestamp, body: [UInt8], keys: [WebhookKey]) {
        let seconds = String(time.milliseconds / 1000)
        let signed = Array("\(id).\(seconds).".utf8) + body
        let signatures = keys.map { "v1,\(Data(SHA256.hmac(signed, key: $0.bytes)).base64EncodedString())" }
        headers = [
            HTTPHeader("webhook-id", id), HTTPHeader("webhook-timestamp", seconds),
            HTTPHeader("webhook-signature", signatures.joined(separator: " ")),
        ]
    }
}

/// A symmetric key: `whsec_` and Base64 of 24 to 64 bytes.
struct WebhookKey: CustomReflectable, CustomStringConvertible {
    let bytes: [UInt8]

    /// White space around the text is ignored: files end in a line break. Returns nil for anything else.
    init?(_ text: String) {
        let space: Set<UInt8> = [0x20, 0x09, 0x0A, 0x0D]
        let trimmed = Array(text.utf8.drop { space.contains($0) }.reversed().drop { space.contains($0) }.reversed())
        let plain = String(decoding: trimmed, as: UTF8.self)
        guard plain.hasPrefix("whsec_"), let data = Data(base64Encoded: String(plain.dropFirst(6))),
            (24...64).contains(data.count)
        else { return nil }
        bytes = Array(data)
    }

    var description: String { "<redacted>" }
    var customMirror: Mirror { Mirror(self, children: [:]) }
}
