/// Credentials of a role assumed with another source's credentials (AssumeRole). That source is queried again at each
/// fetch.
struct AssumedRoleCredentials: CredentialSource {
    let context: CredentialProviderContext
    let base: any CredentialSource
    let session: STSClient.RoleSession
    let origin: String

    func lookUp() async throws(AWSError) -> CredentialLookup {
        switch try await base.lookUp() {
        case .found(let found):
            return .found(try await context.sts.assumeRole(session, with: found.credentials, origin: origin))
        case .absent(let location):
            throw AWSError(
                kind: .credentials, code: "NoSourceCredentials",
                message: "\(origin): no credentials to assume the role with; searched \(location)",
                hint: "Add credentials to the role's source_profile or credential_source.")
        }
    }
}
