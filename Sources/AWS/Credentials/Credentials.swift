package import Domain
package import Support

/// The credentials that sign a request.
package struct Credentials: Sendable, Equatable {
    package let accessKeyID: String
    package let secretAccessKey: Secret
    package let sessionToken: Secret?

    package init(accessKeyID: String, secretAccessKey: Secret, sessionToken: Secret? = nil) {
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.sessionToken = sessionToken
    }
}

/// Credentials with their origin and expiration.
package struct ResolvedCredentials: Sendable, Equatable {
    package let credentials: Credentials
    /// Nil if they are valid until they are revoked.
    package let expiration: Timestamp?
    /// For people: `the environment`, `EC2 instance metadata, role worker`. Contains no secret.
    package let origin: String
    /// Whether they may be used after their expiration if no others are available. The instance metadata service
    /// returns expired credentials while it cannot refresh them, and AWS accepts those ("static stability" in the AWS
    /// SDKs).
    package let mayOutliveExpiration: Bool

    package init(
        _ credentials: Credentials, expiration: Timestamp? = nil, origin: String, mayOutliveExpiration: Bool = false
    ) {
        self.credentials = credentials
        self.expiration = expiration
        self.origin = origin
        self.mayOutliveExpiration = mayOutliveExpiration
    }
}

/// Provides the credentials that sign requests. Called before each attempt of a request, so an implementation that
/// fetches credentials caches them until shortly before they expire.
package protocol CredentialProvider: Sendable {
    /// Returns the current credentials.
    ///
    /// - Throws: an error that says where credentials were searched and what to do. Its kind is `credentials` unless a
    ///   service or the network failed.
    func credentials() async throws(AWSError) -> Credentials

    /// Discards credentials that a service rejected as expired or unknown. Returns true if the next call of
    /// `credentials` returns others or fetches them again, so that another attempt makes sense.
    func invalidate(_ rejected: Credentials) -> Bool
}

/// A provider that always returns the same credentials.
package struct StaticCredentialProvider: CredentialProvider {
    private let fixed: Credentials

    package init(_ credentials: Credentials) { fixed = credentials }

    package func credentials() async throws(AWSError) -> Credentials { fixed }

    package func invalidate(_ rejected: Credentials) -> Bool { false }
}
