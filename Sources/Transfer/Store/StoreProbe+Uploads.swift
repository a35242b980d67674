internal import AWS
package import Domain

extension StoreProbe {
    /// Whether the store compares the SHA-256 that an uploader sends with the bytes: asked by a part of an upload that
    /// is never completed, so that no object comes to be.
    ///
    /// - Parameter missing: a key that no object has.
    package func uploadChecksums(at missing: ObjectLocation) async -> StoreAnswer {
        var request = UploadRequest(missing, ObjectProperties())
        request.wantsSHA256 = true
        return await answer(from: request) { upload throws(AWSError) in
            let answer: StoreAnswer = try await s3.refusesWrongSHA256(in: upload) ? .kept : .ignored
            try await s3.abortUpload(upload)
            return answer
        }
    }

    /// What an upload shows, which is aborted if that fails.
    func answer(
        from request: UploadRequest, _ ask: (MultipartUpload) async throws(AWSError) -> StoreAnswer
    ) async -> StoreAnswer {
        let upload: MultipartUpload
        do {
            upload = try await s3.createUpload(request)
        } catch {
            // It may have begun: an answer in another form hides its id.
            for upload in (try? await s3.uploads(of: request.location)) ?? [] { try? await s3.abortUpload(upload) }
            return isIgnored(error) ? .ignored : .unknown("\(error)")
        }
        do {
            return try await ask(upload)
        } catch {
            try? await s3.abortUpload(upload)
            return isIgnored(error) ? .ignored : .unknown("\(error)")
        }
    }
}

/// Whether a store answers a request for an upload in parts, or for a part, by something else than S3's answer.
private func isIgnored(_ error: AWSError) -> Bool {
    error.status == 501 || error.isOfChecksum || ["NoETag", "UnreadableAnswer"].contains(error.code)
}
