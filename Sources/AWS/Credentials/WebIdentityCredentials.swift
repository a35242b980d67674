internal import Support

/// Credentials of a role assumed with a web identity token, such as EKS mounts into a pod. The token file is read again
/// at each fetch: Kubernetes replaces it.
struct WebIdentityCredentials: CredentialSource {
    let context: CredentialProviderContext
    let tokenFile: String
    /// The setting that names the file, for errors.
    let tokenSetting: String
    let session: STSClient.RoleSession
    let origin: String

    func lookUp() async throws(AWSError) -> CredentialLookup {
        let token = try readToken(tokenFile, named: tokenSetting)
        return .found(try await context.sts.assumeRole(session, webIdentityToken: token, origin: origin))
    }
}

/// Web identity credentials configured by `AWS_WEB_IDENTITY_TOKEN_FILE`, `AWS_ROLE_ARN` and `AWS_ROLE_SESSION_NAME`.
struct EnvironmentWebIdentityCredentials: CredentialSource {
    private let context: CredentialProviderContext

    init(_ context: CredentialProviderContext) { self.context = context }

    func lookUp() async throws(AWSError) -> CredentialLookup {
        guard let file = context.variable("AWS_WEB_IDENTITY_TOKEN_FILE") else {
            return .absent("AWS_WEB_IDENTITY_TOKEN_FILE in the environment")
        }
        guard let role = context.variable("AWS_ROLE_ARN") else {
            throw AWSError(set: "AWS_WEB_IDENTITY_TOKEN_FILE", withoutSetting: "AWS_ROLE_ARN")
        }
        let session = STSClient.RoleSession(
            role: role, name: context.variable("AWS_ROLE_SESSION_NAME") ?? context.sessionName)
        return try await WebIdentityCredentials(
            context: context, tokenFile: file, tokenSetting: "AWS_WEB_IDENTITY_TOKEN_FILE", session: session,
            origin: "web identity of the environment, role \(role)"
        ).lookUp()
    }
}
