internal import AWS
package import Domain
internal import Support

/// Copies objects within S3, and has each copy verified.
package struct ObjectCopier: Sendable {
    package struct Configuration: Sendable {
        /// Objects of more bytes are copied by parts.
        package var multipartThreshold = ObjectCopier.maxSingleCopy
        /// Bytes of each part but the last; S3 requires at least 5 MiB. Larger if S3's number of parts would not
        /// suffice.
        package var partSize: Int64 = 512 << 20
        /// Concurrent parts of one object.
        package var partsAtOnce = 8
        /// Concurrent parts of all objects together.
        package var partsInAll = 32

        package init() {}
    }

    let store: any ObjectStore
    let configuration: Configuration
    let verifier: CopyVerifier
    let capabilities: StoreCapabilities
    let parts: AsyncSemaphore
    let uploads = RunningUploads()
    /// Uploads are created one at a time, so that none is taken for a leftover before it is registered.
    let creation = AsyncSemaphore(1)

    init(
        store: any ObjectStore, configuration: Configuration, verifier: CopyVerifier, capabilities: StoreCapabilities
    ) {
        self.store = store
        self.configuration = configuration
        self.verifier = verifier
        self.capabilities = capabilities
        parts = AsyncSemaphore(configuration.partsInAll)
    }

    /// 5 GiB (Amazon S3 API Reference, "CopyObject").
    package static let maxSingleCopy: Int64 = 5 << 30

    /// Tries of a copy whose answer is lost each time.
    static let maxAttempts = 3

    /// Copies an object and verifies the copy; see `CopyVerifier`.
    ///
    /// - Parameters:
    ///   - inspectedBytes: returns the inspected bytes; called only if `comparesParts`, and before anything is changed.
    ///   - checkHold: called between parts and tries, and before an upload is completed; throws if the attempt has lost
    ///     its lease or claim.
    package func copy(
        _ request: MoveRequest, inspectedBytes: @Sendable () async throws -> SpooledBytes,
        checkHold: @escaping @Sendable () async throws -> Void = {}
    ) async throws(TransferError) -> Destination {
        let checkHold = HoldCheck(checkHold)
        do {
            if request.mayBeThere, let copy = try await findCopy(request) { return copy }
            if isMultipart(request.size) {
                return try await copyInParts(request, inspectedBytes: inspectedBytes, checkHold)
            }
            return try await copyWhole(request, checkHold)
        } catch {
            throw TransferError(error)
        }
    }

    /// Whether a copy needs the inspected bytes again: S3 hashes a multipart copy part by part.
    package func comparesParts(of source: ObjectVersion, size: Int64) -> Bool {
        source.versionID == nil && isMultipart(size)
    }

    /// Whether the SHA-256 that the store of a bucket has of an upload is that of its bytes.
    package func hasTrustedChecksums(_ bucket: String) -> Bool {
        capabilities.keeps(.uploadChecksums, bucket: bucket)
    }

    private func isMultipart(_ size: Int64) -> Bool {
        size > min(configuration.multipartThreshold, Self.maxSingleCopy)
    }

    func findCopy(_ request: MoveRequest) async throws(TransferError) -> Destination? {
        try await verifier.findCertain(request.expected, sourceHead: request.head)
    }

    /// Copies in one request. If the answer is lost, looks for the copy before sending the request again: in a bucket
    /// with versions a second copy would stay beside the first.
    private func copyWhole(_ request: MoveRequest, _ checkHold: HoldCheck) async throws -> Destination {
        var copy = try await copyRequest(for: request)
        // Waits between repetitions may be longer than the claim lasts: a later upload may have been copied meanwhile.
        copy.mayRepeat = { await checkHold.isPassed }
        var attempt = 1
        while true {
            let result: ObjectCopyResult
            do {
                result = try await send(copy)
            } catch {
                guard error.leavesOutcomeOpen else {
                    try await checkHold()
                    throw error
                }
                if let found = try await findCopy(request) { return found }
                guard attempt < Self.maxAttempts else { throw error }
                attempt += 1
                try await checkHold()
                continue
            }
            try await verifier.verify(result, of: request, checkHold)
            return Destination(request.destination, versionID: result.versionID)
        }
    }

    /// Sends a copy that asks for its SHA-256, and again without if the store refuses that.
    private func send(_ copy: ObjectCopy) async throws(AWSError) -> ObjectCopyResult {
        var copy = copy
        copy.wantsSHA256 = !capabilities.has(.refusesChecksums, bucket: copy.destination.bucket)
        do {
            return try await store.copy(copy)
        } catch {
            guard copy.wantsSHA256, error.isOfChecksum else { throw error }
            copy.wantsSHA256 = false
            let result = try await store.copy(copy)
            // The success shows that the checksum was the reason.
            capabilities.learn(.refusesChecksums, bucket: copy.destination.bucket)
            return result
        }
    }
}
