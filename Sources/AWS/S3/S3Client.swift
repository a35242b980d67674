package import Domain
package import HTTP

/// The operations of Amazon S3 that Lazaret uses (Amazon S3 API Reference). Requests for an object are pinned to its
/// version id, else to its ETag.
package struct S3Client: Sendable {
    let client: AWSClient
    private let signer: Signer
    private let addressing: S3Addressing
    private let readFloor: ThroughputFloor
    /// The account that a bucket must be of. S3 refuses a request if it is another one: a bucket that was deleted may
    /// have been made again by a stranger.
    private var owners: [String: String] = [:]

    /// - Parameters:
    ///   - region: of the buckets; nil for that of the settings.
    ///   - readFloor: a slower GET is cut and retried.
    package init(
        client: AWSClient, region: String? = nil,
        readFloor: ThroughputFloor = ThroughputFloor(bytesPerSecond: 4096, over: .seconds(20))
    ) {
        self.client = client
        self.readFloor = readFloor
        signer = Signer(service: .s3, region: region ?? client.settings.region)
        addressing = S3Addressing(client.settings, region: region)
    }

    /// Returns a client whose every request names the account that its bucket must be of.
    package func expecting(owners: [String: String]) -> S3Client {
        var client = self
        client.owners = owners
        return client
    }

    func owner(of bucket: String) -> String? { owners[bucket] }

    /// Reads an object into a sink.
    ///
    /// - Parameter range: the bytes wanted; nil for the whole object, without a range. An empty object has no range.
    /// - Throws: `AWSError`, or the error that the sink threw. A body shorter than announced is requested again, as is
    ///   one that the sink rejects as transient.
    package func get(
        _ object: ObjectVersion, range: Range<Int64>?, into sink: any ObjectSink
    ) async throws -> ObjectHead {
        var call = call("GetObject", "GET", bucket: object.bucket, key: object.key)
        pin(&call, to: object)
        if let range { call.addHeader("range", "bytes=\(range.lowerBound)-\(range.upperBound - 1)") }
        call.timeout = nil
        call.floor = readFloor
        let body = ObjectBody(sink)
        do {
            let head = try await client.send(call, into: body) { response throws(AWSError) in response.head }
            return body.head ?? ObjectHead(head)
        } catch {
            switch error {
            case .call(let error): throw error
            case .sink(let error): throw error
            }
        }
    }

    /// Returns the head of an object; of its present state if neither version nor ETag is given.
    ///
    /// - Parameter wantsSHA256: whether to ask for the checksum. For an object under a KMS key S3 answers 403 unless
    ///   the caller may decrypt with that key.
    package func head(_ object: ObjectVersion, wantsSHA256: Bool = false) async throws(AWSError) -> ObjectHead {
        var call = call("HeadObject", "HEAD", bucket: object.bucket, key: object.key)
        pin(&call, to: object)
        if wantsSHA256 { call.addHeader("x-amz-checksum-mode", "ENABLED") }
        return try await client.send(call) { response in ObjectHead(response.head) }
    }

    /// Returns the head of the `null` version of an object, which may lie below a later one, if it has the given ETag.
    package func headOfNullVersion(_ object: ObjectVersion) async throws(AWSError) -> ObjectHead {
        var call = call("HeadObject", "HEAD", bucket: object.bucket, key: object.key)
        call.addQuery("versionId", "null")
        call.addHeader("if-match", object.etag.map { "\"\($0)\"" })
        return try await client.send(call) { response in ObjectHead(response.head) }
    }

    /// Throws unless the bucket exists and the caller may list it.
    package func headBucket(_ bucket: String) async throws(AWSError) {
        try await client.send(call("HeadBucket", "HEAD", bucket: bucket)) { _ in }
    }

    func call(_ operation: String, _ method: String, bucket: String, key: ObjectKey? = nil) -> AWSCall {
        var call = AWSCall(
            operation, signer: signer, method: method, address: addressing.address(bucket: bucket, key: key))
        call.addHeader(expectedOwnerHeader, owner(of: bucket))
        return call
    }

    func pin(_ call: inout AWSCall, to object: ObjectVersion) {
        if let version = object.versionID {
            call.addQuery("versionId", version)
        } else if let etag = object.etag {
            call.addHeader("if-match", "\"\(etag)\"")
        }
    }
}

/// Amazon S3 User Guide, "Verifying bucket ownership with bucket owner condition".
let expectedOwnerHeader = "x-amz-expected-bucket-owner"
