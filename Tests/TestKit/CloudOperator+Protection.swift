/// The retention mode of an Object Lock.
package enum Retention: String, CaseIterable, Sendable {
    case governance = "GOVERNANCE"
    case compliance = "COMPLIANCE"
}

extension CloudOperator {
    /// Existing versions stay; an object written from now on has the version `null`.
    package func suspendVersions(_ bucket: String) async throws {
        try await call("set-versioning", ["bucket": .text(bucket), "status": .text("Suspended")])
    }

    /// An object written before has the version `null` from now on.
    package func enableVersions(_ bucket: String) async throws {
        try await call("set-versioning", ["bucket": .text(bucket), "status": .text("Enabled")])
    }

    /// - Parameter retention: the mode in which each new object is retained for a day.
    package func createLockedBucket(_ bucket: String, retention: Retention? = nil) async throws {
        try await call(
            "create-locked-bucket", ["bucket": .text(bucket), "mode": JSONValue(retention.map(\.rawValue))])
    }

    /// Retains a version for a day, or puts a legal hold on it if `retention` is nil.
    package func lock(_ bucket: String, _ key: String, version: String, _ retention: Retention?) async throws {
        try await call(
            "lock",
            [
                "bucket": .text(bucket), "key": .text(key), "version": .text(version),
                "mode": JSONValue(retention.map(\.rawValue)),
            ])
    }

    /// Removes the legal hold from a version.
    package func liftHold(_ bucket: String, _ key: String, version: String) async throws {
        try await call("lift-hold", ["bucket": .text(bucket), "key": .text(key), "version": .text(version)])
    }

    /// Creates a multipart upload and leaves it open.
    package func beginUpload(_ bucket: String, _ key: String) async throws {
        try await call("begin-upload", ["bucket": .text(bucket), "key": .text(key)])
    }

    /// Sets the default encryption of a bucket to a KMS key.
    package func encryptBucket(_ bucket: String) async throws {
        try await call("encrypt-bucket", ["bucket": .text(bucket)])
    }
}
