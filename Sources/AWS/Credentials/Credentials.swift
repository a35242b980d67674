package import Domain
package import Support

/// What a request is signed with.
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

/// Credentials, with where they come from and until when they hold.
package struct FoundCredentials: Sendable, Equatable {
    package let credentials: Credentials
    /// Nil where they hold until somebody takes them back.
    package let expiration: Timestamp?
    /// For people: `the environment`, `EC2 instance metadata, role worker`. Holds no secret.
    package let origin: String
    /// Whether they may be used past their expiration as long as no others are to be had. The instance metadata service gives
    /// such while it cannot renew its own, and AWS then takes them for longer ("static stability" of the AWS SDKs).
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

/// Gives the credentials of the moment. Asked before each try of a request, so one that fetches them keeps what it has until
/// shortly before it expires.
package protocol CredentialProvider: Sendable {
    /// - Throws: an error that says where it was looked and what to do; of kind `credentials` unless a service or the network
    ///   stands in the way.
    func credentials() async throws(AWSError) -> Credentials

    /// Takes note that a service refused these as expired or unknown. True where the next call of `credentials` gives others
    /// or fetches anew, so that one more try makes sense.
    func renew(refused: Credentials) -> Bool
}

/// The same credentials at all times.
package struct StaticCredentials: CredentialProvider {
    private let fixed: Credentials

    package init(_ credentials: Credentials) { fixed = credentials }

    package func credentials() async throws(AWSError) -> Credentials { fixed }

    package func renew(refused: Credentials) -> Bool { false }
}
