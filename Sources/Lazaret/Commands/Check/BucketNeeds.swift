internal import AWS
internal import Domain
internal import Pipelines

/// The permissions that the worker needs below one prefix of a bucket.
struct BucketNeeds: Equatable {
    let prefix: String
    var permissions: Set<S3Permission>
    /// Whether clean or quarantined objects are written there.
    var isDestination: Bool

    /// What the pipelines need of a bucket, by prefix.
    static func of(_ bucket: String, _ pipelines: [Pipeline]) -> [BucketNeeds] {
        var needs: [String: BucketNeeds] = [:]
        func add(_ prefix: String, _ permissions: Set<S3Permission>, isDestination: Bool) {
            needs[prefix, default: BucketNeeds(prefix: prefix, permissions: [], isDestination: false)]
                .permissions.formUnion(permissions)
            if isDestination { needs[prefix]?.isDestination = true }
        }
        for pipeline in pipelines {
            if pipeline.match.bucket == bucket {
                add(pipeline.match.prefix, pipeline.sourcePermissions, isDestination: false)
            }
            for verdict in Verdict.allCases {
                guard let destination = pipeline.action(for: verdict).destination, destination.bucket == bucket else {
                    continue
                }
                add(destination.keyPrefix, destinationPermissions, isDestination: true)
            }
        }
        return needs.values.sorted { $0.prefix < $1.prefix }
    }

    /// Copies carry tags, and a copy of other bytes than those inspected is deleted.
    private static let destinationPermissions: Set<S3Permission> = [
        .putObject, .putObjectTagging, .getObject, .getObjectVersion, .deleteObject, .deleteObjectVersion,
        .abortMultipartUpload, .listMultipartUploads,
    ]

    /// Those of them that apply to a bucket: versions count only where there are or were some, and a bucket with
    /// versions is never asked to delete without one.
    func permissions(_ versioning: BucketVersioning?) -> [S3Permission] {
        let ofVersions: Set<S3Permission> = [
            .getObjectVersion, .getObjectVersionTagging, .putObjectVersionTagging, .deleteObjectVersion,
        ]
        return S3Permission.allCases.filter { permission in
            guard permissions.contains(permission) else { return false }
            switch versioning {
            case .never: return !ofVersions.contains(permission)
            case .enabled, .suspended, nil: return permission != .deleteObject
            }
        }
    }
}

extension Pipeline {
    /// The tags of uploads are read as well; without that permission they are lost, which is a warning of its own.
    fileprivate var sourcePermissions: Set<S3Permission> {
        var permissions: Set<S3Permission> = [.getObject, .getObjectVersion]
        if !tagsInPlace.isEmpty {
            permissions.formUnion([
                .getObjectTagging, .getObjectVersionTagging, .putObjectTagging, .putObjectVersionTagging,
            ])
        }
        let deletes = Verdict.allCases.contains { verdict in
            if case .keep = action(for: verdict) { return false }
            return true
        }
        if deletes { permissions.formUnion([.deleteObject, .deleteObjectVersion]) }
        return permissions
    }
}
