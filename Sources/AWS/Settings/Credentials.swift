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

/// Gives the credentials of the moment. Asked before each try of a request, so one that fetches them keeps what it has until
/// shortly before it expires.
package protocol CredentialProvider: Sendable {
    /// - Throws: an error of kind `credentials` that says where it was looked and what to do.
    func credentials() async throws(AWSError) -> Credentials
}

/// The same credentials at all times.
package struct StaticCredentials: CredentialProvider {
    private let fixed: Credentials

    package init(_ credentials: Credentials) { fixed = credentials }

    package func credentials() async throws(AWSError) -> Credentials { fixed }
}
