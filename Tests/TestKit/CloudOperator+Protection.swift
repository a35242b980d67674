/// How an Object Lock retains a version.
package enum Retention: String, CaseIterable, Sendable {
    case governance = "GOVERNANCE"
    case compliance = "COMPLIANCE"
}

extension CloudOperator {
    /// Versions that are there stay; what is written from now on has the version `null`.
    package func suspendVersions(_ bucket: String) async throws {
        try await tell("suspend-versions", ["bucket": .text(bucket)])
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

    /// From now on the bucket encrypts with a KMS key what comes without a word about it.
    package func encryptBucket(_ bucket: String) async throws {
        try await tell("encrypt-bucket", ["bucket": .text(bucket)])
    }
}
