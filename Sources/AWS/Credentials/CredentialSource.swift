/// A source of credentials, such as the environment, a profile or the instance metadata service.
package protocol CredentialSource: Sendable {
    /// Fetches the source's credentials.
    ///
    /// - Throws: an error if the source has credentials that cannot be used, or cannot be reached.
    func lookUp() async throws(AWSError) -> CredentialLookup
}

package enum CredentialLookup: Sendable, Equatable {
    case found(ResolvedCredentials)
    /// The source has no credentials. The text says what was searched, for the error if no source has any.
    case absent(String)
}

/// A source whose credentials were read before, such as a profile's keys.
struct StaticCredentialSource: CredentialSource {
    private let resolved: ResolvedCredentials?

    init(_ resolved: ResolvedCredentials?) { self.resolved = resolved }

    func lookUp() async throws(AWSError) -> CredentialLookup { resolved.map { .found($0) } ?? .absent("nowhere") }
}
