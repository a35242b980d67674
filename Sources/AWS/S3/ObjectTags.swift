internal import Digest
package import Domain
internal import HTTP

extension S3Client {
    /// Returns all tags of an object; without a version id, those of its present state, as S3 supports no condition
    /// here.
    package func tags(of object: ObjectVersion) async throws(AWSError) -> [Tag] {
        let call = tagging("GetObjectTagging", "GET", object)
        return try await client.send(call) { response throws(AWSError) in
            var tags: [Tag] = []
            var (key, value) = ("", "")
            var isAnswer = false
            do {
                try XMLReader.read(response.body) { path, text in
                    if path == ["Tagging"] { isAnswer = true }
                    switch path.last {
                    case "Key": key = text
                    case "Value": value = text
                    case "Tag":
                        tags.append(Tag(key: key, value: value))
                        (key, value) = ("", "")
                    default: break
                    }
                }
            } catch { throw AWSError(unreadable: response, to: call, error) }
            // A store without tags may return the object itself.
            guard isAnswer else {
                throw AWSError(
                    call, kind: .invalid, code: "UnreadableAnswer", message: "the answer is not a set of tags",
                    head: response.head)
            }
            return tags
        }
    }

    /// Replaces all tags of an object; S3 accepts at most ten.
    package func setTags(_ tags: [Tag], of object: ObjectVersion) async throws(AWSError) {
        var call = tagging("PutObjectTagging", "PUT", object)
        var xml = "<Tagging xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><TagSet>"
        for tag in tags { xml += "<Tag><Key>\(xmlEscaped(tag.key))</Key><Value>\(xmlEscaped(tag.value))</Value></Tag>" }
        call.body = Array((xml + "</TagSet></Tagging>").utf8)
        call.addHeader("content-type", "application/xml")
        // S3 requires a checksum besides the signature here.
        call.addHeader("x-amz-sdk-checksum-algorithm", "SHA256")
        call.addHeader("x-amz-checksum-sha256", base64(SHA256.hash(call.body)))
        try await client.send(call) { _ in }
    }

    /// Tries whether tags may be set, on a key that no object has. The request's checksum is wrong, so that a store
    /// without tags does not take it for an upload.
    func trySettingTags(of object: ObjectVersion) async throws(AWSError) {
        var call = tagging("PutObjectTagging", "PUT", object)
        call.body = Array("<Tagging xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><TagSet/></Tagging>".utf8)
        call.addHeader("content-type", "application/xml")
        call.addHeader("content-md5", md5OfNothing)
        try await client.send(call) { _ in }
    }

    private func tagging(_ operation: String, _ method: String, _ object: ObjectVersion) -> AWSCall {
        var call = call(operation, method, bucket: object.bucket, key: object.key)
        call.addQuery("tagging")
        if let version = object.versionID { call.addQuery("versionId", version) }
        return call
    }
}

extension AWSError {
    /// Whether a store answers that it knows no tags: it has not implemented them, returns something else, such as the
    /// object itself, or fails without S3's document. An error within S3 has one.
    package var isOfMissingTags: Bool {
        guard operation == "GetObjectTagging" else { return false }
        return status == 501 || status == 405 || code == "UnreadableAnswer" || (status == 500 && hasNoDocument)
    }
}

/// Escapes a text for XML. White space is written by number, since a parser would change it.
func xmlEscaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "&": result += "&amp;"
        case "<": result += "&lt;"
        case ">": result += "&gt;"
        case "\"": result += "&quot;"
        case "\r", "\n", "\t": result += "&#\(scalar.value);"
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result
}

/// RFC 4648, section 4.
func base64(_ bytes: [UInt8]) -> String {
    let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var text: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
        let group = bytes[start..<min(start + 3, bytes.count)]
        var bits = 0
        for byte in group { bits = bits << 8 | Int(byte) }
        bits <<= 8 * (3 - group.count)
        for index in 0..<4 {
            text.append(index <= group.count ? digits[bits >> (18 - 6 * index) & 63] : UInt8(ascii: "="))
        }
    }
    return String(decoding: text, as: UTF8.self)
}

/// In base64.
private let md5OfNothing = "1B2M2Y8AsgTpgAmY7PhCfg=="
