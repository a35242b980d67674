/// One place where credentials may be found.
package protocol CredentialSource: Sendable {
    /// What is there at this moment; an error where the place holds some that cannot be used, or cannot be asked.
    func find() async throws(AWSError) -> CredentialFinding
}

package enum CredentialFinding: Sendable, Equatable {
    case found(FoundCredentials)
    /// This place holds none. What was looked at and seen there, for the error where no other place has any.
    case absent(String)
}
