internal import Digest
package import Domain
package import HTTP
internal import Support

/// Signs requests of one service in one region (AWS Signature Version 4). The key derived for the day is cached:
/// deriving it costs four times as much as a signature.
package final class Signer: Sendable {
    package let service: AWSService
    package let region: String
    private let cache = Locked(Cache())

    private struct Cache {
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

    /// Returns the headers with `host`, `x-amz-date`, the session token if there is one, for S3 the payload hash, and
    /// `authorization` added.
    ///
    /// - Parameters:
    ///   - path: percent-encoded, as sent.
    ///   - query: percent-encoded, as sent, without the `?`.
    package func sign(
        method: String, host: String, path: String, query: String, headers: [HTTPHeader], body: [UInt8],
        credentials: Credentials, at time: Timestamp
    ) -> [HTTPHeader] {
        let signing = signingData(time, credentials)
        let payloadHash = body.isEmpty ? emptyHash : hexadecimal(SHA256.hash(body))
        var signed = headers
        signed.reserveCapacity(headers.count + 5)
        signed.append(HTTPHeader("host", host))
        signed.append(HTTPHeader("x-amz-date", signing.time))
        if service == .s3 { signed.append(HTTPHeader("x-amz-content-sha256", payloadHash)) }
        if let token = credentials.sessionToken { signed.append(HTTPHeader("x-amz-security-token", token.exposed)) }

        let canonical = CanonicalRequest(
            method: method, path: path, query: query, headers: signed, payloadHash: payloadHash,
            pathRule: service == .s3 ? .verbatim : .normalised)
        let scope = "\(signing.day)/\(region)/\(service.signingName)/aws4_request"
        var text: [UInt8] = []
        text.reserveCapacity(192)
        text.append(contentsOf: "AWS4-HMAC-SHA256\n".utf8)
        text.append(contentsOf: signing.time.utf8)
        text.append(0x0A)
        text.append(contentsOf: scope.utf8)
        text.append(0x0A)
        text.append(contentsOf: hexadecimal(SHA256.hash(canonical.bytes)).utf8)
        let signature = hexadecimal(SHA256.hmac(text, key: signing.key))

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

    private func signingData(_ time: Timestamp, _ credentials: Credentials) -> (time: String, day: String, key: [UInt8])
    {
        cache.withLock { cache in
            let second = time.milliseconds / 1000
            if cache.second != second {
                cache.second = second
                cache.time = time.basicFormat
                cache.day = String(cache.time.prefix(8))
            }
            if cache.keyDay != cache.day || cache.keyCredentials != credentials {
                cache.key = signingKey(credentials, day: cache.day)
                cache.keyDay = cache.day
                cache.keyCredentials = credentials
            }
            return (cache.time, cache.day, cache.key)
        }
    }

    private func signingKey(_ credentials: Credentials, day: String) -> [UInt8] {
        var key = Array("AWS4".utf8) + credentials.secretAccessKey.exposed.utf8
        for part in [day, region, service.signingName, "aws4_request"] {
            key = SHA256.hmac(Array(part.utf8), key: key)
        }
        return key
    }
}

/// The SHA-256 of an empty payload.
private let emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
