internal import Digest
package import Domain
package import HTTP
internal import Support

/// Signs requests of one service in one region (AWS Signature Version 4). The key derived for the day is kept, since making it
/// costs four times a signature.
package final class Signer: Sendable {
    package let service: AWSService
    package let region: String
    private let memory = Locked(Memory())

    private struct Memory {
        var second: Int64 = -1
        /// `20261121T080910Z`
        var time = ""
        /// `20261121`
        var day = ""
        var keyDay = ""
        var keyCredentials: Credentials?
        var key: [UInt8] = []
    }

    package init(service: AWSService, region: String) {
        self.service = service
        self.region = region
    }

    /// The headers given, and with them `host`, `x-amz-date`, where there is one the session token, for S3 the hash of the
    /// payload, and `authorization`.
    ///
    /// - Parameters:
    ///   - path: percent-encoded as it is sent.
    ///   - query: percent-encoded as it is sent, without its `?`.
    package func sign(
        method: String, host: String, path: String, query: String, headers: [HTTPHeader], body: [UInt8],
        credentials: Credentials, at time: Timestamp
    ) -> [HTTPHeader] {
        let moment = moment(time, credentials)
        let payloadHash = body.isEmpty ? emptyHash : hexadecimal(SHA256.hash(body))
        var signed = headers
        signed.reserveCapacity(headers.count + 5)
        signed.append(HTTPHeader("host", host))
        signed.append(HTTPHeader("x-amz-date", moment.time))
        if service == .s3 { signed.append(HTTPHeader("x-amz-content-sha256", payloadHash)) }
        if let token = credentials.sessionToken { signed.append(HTTPHeader("x-amz-security-token", token.exposed)) }

        let canonical = CanonicalRequest(
            method: method, path: path, query: query, headers: signed, payloadHash: payloadHash,
            pathRule: service == .s3 ? .asItIs : .normalised)
        let scope = "\(moment.day)/\(region)/\(service.signingName)/aws4_request"
        var text: [UInt8] = []
        text.reserveCapacity(192)
        text.append(contentsOf: "AWS4-HMAC-SHA256\n".utf8)
        text.append(contentsOf: moment.time.utf8)
        text.append(0x0A)
        text.append(contentsOf: scope.utf8)
        text.append(0x0A)
        text.append(contentsOf: hexadecimal(SHA256.hash(canonical.bytes)).utf8)
        let signature = hexadecimal(SHA256.authenticate(text, key: moment.key))

        var authorization: [UInt8] = []
        authorization.reserveCapacity(320)
        authorization.append(contentsOf: "AWS4-HMAC-SHA256 Credential=".utf8)
        authorization.append(contentsOf: credentials.accessKeyID.utf8)
        authorization.append(UInt8(ascii: "/"))
        authorization.append(contentsOf: scope.utf8)
        authorization.append(contentsOf: ", SignedHeaders=".utf8)
        authorization.append(contentsOf: canonical.signedHeaders)
        authorization.append(contentsOf: ", Signature=".utf8)
        authorization.append(contentsOf: signature.utf8)
        signed.append(HTTPHeader("authorization", String(decoding: authorization, as: UTF8.self)))
        return signed
    }

    private func moment(_ time: Timestamp, _ credentials: Credentials) -> (time: String, day: String, key: [UInt8]) {
        memory.withLock { memory in
            let second = time.milliseconds / 1000
            if memory.second != second {
                memory.second = second
                memory.time = time.basicFormat
                memory.day = String(memory.time.prefix(8))
            }
            if memory.keyDay != memory.day || memory.keyCredentials != credentials {
                memory.key = signingKey(credentials, day: memory.day)
                memory.keyDay = memory.day
                memory.keyCredentials = credentials
            }
            return (memory.time, memory.day, memory.key)
        }
    }

    private func signingKey(_ credentials: Credentials, day: String) -> [UInt8] {
        var key = Array("AWS4".utf8) + credentials.secretAccessKey.exposed.utf8
        for part in [day, region, service.signingName, "aws4_request"] {
            key = SHA256.authenticate(Array(part.utf8), key: key)
        }
        return key
    }
}

/// The SHA-256 of nothing.
private let emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
