package import Domain
internal import HTTP

/// A permission on objects, which can be tried without reading, writing or deleting anything: the request names an
/// object, a version or an upload that does not exist. S3 checks the permission before it looks for the object, and
/// answers 403 without it, else 404. (Without `s3:ListBucket` it answers 403 for a missing object as well.)
package enum S3Permission: String, Sendable, CaseIterable {
    case getObject = "s3:GetObject"
    case getObjectVersion = "s3:GetObjectVersion"
    case getObjectTagging = "s3:GetObjectTagging"
    case getObjectVersionTagging = "s3:GetObjectVersionTagging"
    case putObject = "s3:PutObject"
    case putObjectTagging = "s3:PutObjectTagging"
    case putObjectVersionTagging = "s3:PutObjectVersionTagging"
    case deleteObject = "s3:DeleteObject"
    case deleteObjectVersion = "s3:DeleteObjectVersion"
    case abortMultipartUpload = "s3:AbortMultipartUpload"
    case listMultipartUploads = "s3:ListBucketMultipartUploads"
}

/// What a service answered to a request that tries a permission.
package enum PermissionTrial: Sendable {
    case allowed
    case denied(AWSError)
    /// The answer shows neither.
    case unknown(AWSError)
}

extension S3Client {
    /// Tries a permission on a key where no object is.
    ///
    /// A delete without a version is conditional: in a bucket with versions it would leave a delete marker otherwise.
    package func tries(_ permission: S3Permission, at missing: ObjectLocation) async -> PermissionTrial {
        do {
            try await send(permission, to: missing)
            return .allowed
        } catch {
            switch error.status {
            case 403: return .denied(error)
            case 404, 412: return .allowed
            // The checksum is compared after the permission.
            case 400 where error.code == "BadDigest": return .allowed
            default: return .unknown(error)
            }
        }
    }

    private func send(_ permission: S3Permission, to missing: ObjectLocation) async throws(AWSError) {
        let present = ObjectVersion(bucket: missing.bucket, key: missing.key, versionID: nil, etag: nil)
        let version = ObjectVersion(bucket: missing.bucket, key: missing.key, versionID: "null", etag: nil)
        switch permission {
        case .getObject: try await sendTrial("GetObject", "GET", missing)
        case .getObjectVersion: try await sendTrial("GetObject", "GET", missing, ("versionId", "null"))
        case .getObjectTagging: _ = try await tags(of: present)
        case .getObjectVersionTagging: _ = try await tags(of: version)
        case .putObject:
            // A part of an upload that does not exist.
            try await sendTrial("UploadPart", "PUT", missing, ("partNumber", "1"), ("uploadId", noSuchName))
        case .putObjectTagging: try await trySettingTags(of: present)
        case .putObjectVersionTagging: try await trySettingTags(of: version)
        case .deleteObject: try await delete(ObjectDeletion(missing, ifMatch: noSuchName))
        case .deleteObjectVersion: try await delete(ObjectDeletion(missing, version: .null))
        case .abortMultipartUpload:
            try await sendTrial("AbortMultipartUpload", "DELETE", missing, ("uploadId", noSuchName))
        case .listMultipartUploads: _ = try await uploads(of: missing)
        }
    }

    private func sendTrial(
        _ operation: String, _ method: String, _ missing: ObjectLocation, _ query: (String, String)...
    ) async throws(AWSError) {
        var call = call(operation, method, bucket: missing.bucket, key: missing.key)
        for (name, value) in query { call.addQuery(name, value) }
        try await client.send(call) { _ in }
    }
}

private let noSuchName = "lazaret-asks-whether-it-may"
