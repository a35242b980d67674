package import Domain
package import HTTP

/// Amazon S3 as far as Lazaret needs it (Amazon S3 API Reference). What concerns one object is pinned to the state that is named:
/// by its version id, else by its ETag.
package struct S3Client: Sendable {
    let client: AWSClient
    private let signer: Signer
    private let addressing: S3Addressing
    private let readFloor: ThroughputFloor

    /// - Parameter readFloor: a GET that brings less is cut and tried again.
    package init(
        client: AWSClient, readFloor: ThroughputFloor = ThroughputFloor(bytesPerSecond: 4096, over: .seconds(20))
    ) {
        self.client = client
        self.readFloor = readFloor
        signer = Signer(service: .s3, region: client.settings.region)
        addressing = S3Addressing(client.settings)
    }

    /// Reads an object into a sink.
    ///
    /// - Parameter range: the bytes wanted; nil for the whole object, without a range. An empty object has no range.
    /// - Throws: `AWSError`, or what the sink threw, as it is. A body shorter than announced is asked for again, as is one that the
    ///   sink rejects as transient.
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

    /// What is known of an object, without its bytes. Where neither version nor ETag is given, of its present state.
    ///
    /// - Parameter wantsSHA256: of an object under a KMS key, S3 tells it only to who may decrypt with that; else the answer is 403.
    package func head(_ object: ObjectVersion, wantsSHA256: Bool = false) async throws(AWSError) -> ObjectHead {
        var call = call("HeadObject", "HEAD", bucket: object.bucket, key: object.key)
        pin(&call, to: object)
        if wantsSHA256 { call.addHeader("x-amz-checksum-mode", "ENABLED") }
        return try await client.send(call) { response in ObjectHead(response.head) }
    }

    /// What is known of the `null` version of an object, which may stand below a later one. Its ETag must be the one given.
    package func headOfNullVersion(_ object: ObjectVersion) async throws(AWSError) -> ObjectHead {
        var call = call("HeadObject", "HEAD", bucket: object.bucket, key: object.key)
        call.addQuery("versionId", "null")
        call.addHeader("if-match", object.etag.map { "\"\($0)\"" })
        return try await client.send(call) { response in ObjectHead(response.head) }
    }

    /// Writes an object whole.
    ///
    /// - Returns: the new state's ETag, without quotation marks, and its version.
    package func put(
        _ location: ObjectLocation, body: [UInt8], contentType: String? = nil, metadata: [MetadataItem] = [],
        tags: [Tag] = []
    ) async throws(AWSError) -> (etag: String?, versionID: String?) {
        try await put(location, body: body, ObjectProperties(contentType: contentType, metadata: metadata), tags: tags)
    }

    /// Writes an object whole, with all that can be said of it.
    package func put(
        _ location: ObjectLocation, body: [UInt8], _ properties: ObjectProperties, tags: [Tag] = [],
        storageClass: String? = nil, encryption: ObjectEncryption? = nil
    ) async throws(AWSError) -> (etag: String?, versionID: String?) {
        var call = call("PutObject", "PUT", bucket: location.bucket, key: location.key)
        call.body = body
        call.timeout = nil
        call.floor = ThroughputFloor(bytesPerSecond: 1024, over: .seconds(30))
        properties.add(to: &call)
        if !tags.isEmpty { call.addHeader("x-amz-tagging", Tag.headerValue(tags)) }
        call.addHeader("x-amz-storage-class", storageClass)
        encryption?.add(to: &call)
        return try await client.send(call) { response in
            let head = ObjectHead(response.head)
            return (head.etag, head.versionID)
        }
    }

    /// Fails unless the bucket is there and may be seen.
    package func headBucket(_ bucket: String) async throws(AWSError) {
        try await client.send(call("HeadBucket", "HEAD", bucket: bucket)) { _ in }
    }

    func call(_ operation: String, _ method: String, bucket: String, key: ObjectKey? = nil) -> AWSCall {
        AWSCall(operation, signer: signer, method: method, address: addressing.address(bucket: bucket, key: key))
    }

    private func pin(_ call: inout AWSCall, to object: ObjectVersion) {
        if let version = object.versionID {
            call.addQuery("versionId", version)
        } else if let etag = object.etag {
            call.addHeader("if-match", "\"\(etag)\"")
        }
    }
}
