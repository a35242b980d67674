internal import Domain
internal import Support

/// A role by a web identity token, as EKS puts it into a pod. The token's file is read anew at each fetch: Kubernetes replaces it.
struct WebIdentityCredentials: CredentialSource {
    let means: CredentialProviderContext
    let tokenFile: String
    /// What names the file, for errors.
    let tokenName: String
    let session: STSClient.RoleSession
    let origin: String

    func find() async throws(AWSError) -> CredentialFinding {
        let token = try readToken(tokenFile, named: tokenName)
        return .found(try await means.sts.assume(session, byToken: token, origin: origin))
    }
}

/// `AWS_WEB_IDENTITY_TOKEN_FILE`, `AWS_ROLE_ARN`, `AWS_ROLE_SESSION_NAME`.
struct EnvironmentWebIdentity: CredentialSource {
    private let means: CredentialProviderContext

    init(_ means: CredentialProviderContext) { self.means = means }

    func find() async throws(AWSError) -> CredentialFinding {
        guard let file = means.variable("AWS_WEB_IDENTITY_TOKEN_FILE") else {
            return .absent("AWS_WEB_IDENTITY_TOKEN_FILE in the environment")
        }
        guard let role = means.variable("AWS_ROLE_ARN") else {
            throw AWSError(halfSet: "AWS_WEB_IDENTITY_TOKEN_FILE", missing: "AWS_ROLE_ARN")
        }
        let session = STSClient.RoleSession(
            role: role, name: means.variable("AWS_ROLE_SESSION_NAME") ?? means.sessionName)
        return try await WebIdentityCredentials(
            means: means, tokenFile: file, tokenName: "AWS_WEB_IDENTITY_TOKEN_FILE", session: session,
            origin: "web identity of the environment, role \(role)"
        ).find()
    }
}

extension CredentialProviderContext {
    /// What a role's session is called where nobody named it. CloudTrail shows it.
    var sessionName: String { "lazaret-\(clock.now().milliseconds)" }
}

/// A role by the credentials of another source (AssumeRole). That source is asked anew at each fetch.
struct AssumedRole: CredentialSource {
    let means: CredentialProviderContext
    let base: any CredentialSource
    let session: STSClient.RoleSession
    let origin: String

    func find() async throws(AWSError) -> CredentialFinding {
        switch try await base.find() {
        case .found(let found):
            return .found(try await means.sts.assume(session, by: found.credentials, origin: origin))
        case .absent(let place):
            throw AWSError(
                kind: .credentials, code: "NoSourceCredentials",
                message: "\(origin): no credentials to assume the role with; looked at \(place)",
                hint: "Give the role's source_profile or credential_source credentials of its own.")
        }
    }
}
