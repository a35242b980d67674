/// How an Object Lock retains a version.
package enum Retention: String, CaseIterable, Sendable {
    case governance = "GOVERNANCE"
    case compliance = "COMPLIANCE"
}

extension CloudOperator {
    /// Versions that are there stay; what is written from now on has the version `null`.
    package func suspendVersions(_ bucket: String) async throws {
        try await tell("set-versioning", ["bucket": .text(bucket), "status": .text("Suspended")])
    }

    /// What was written without has the version `null` from now on.
    package func enableVersions(_ bucket: String) async throws {
        try await tell("set-versioning", ["bucket": .text(bucket), "status": .text("Enabled")])
    }

    /// - Parameter retention: of each new object, for a day.
    package func createLockedBucket(_ bucket: String, retention: Retention? = nil) async throws {
        try await tell(
            "create-locked-bucket", ["bucket": .text(bucket), "mode": JSONValue(retention.map(\.rawValue))])
    }

    /// Retains a version for a day, or puts a legal hold on it where there is no retention.
    package func lock(_ bucket: String, _ key: String, version: String, _ retention: Retention?) async throws {
        try await tell(
            "lock",
            [
                "bucket": .text(bucket), "key": .text(key), "version": .text(version),
                "mode": JSONValue(retention.map(\.rawValue)),
            ])
    }

    /// Takes the legal hold off a version.
    package func liftHold(_ bucket: String, _ key: String, version: String) async throws {
        try await tell("lift-hold", ["bucket": .text(bucket), "key": .text(key), "version": .text(version)])
    }

    /// Begins a multipart upload and leaves it so.
    package func beginUpload(_ bucket: String, _ key: String) async throws {
        try await tell("begin-upload", ["bucket": .text(bucket), "key": .text(key)])
    }

    /// From now on the bucket encrypts with a KMS key what comes without a word about it.
    package func encryptBucket(_ bucket: String) async throws {
        try await tell("encrypt-bucket", ["bucket": .text(bucket)])
    }
}
