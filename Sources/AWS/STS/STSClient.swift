internal import Domain
internal import HTTP
internal import Support

/// A client of the AWS Security Token Service, by its query protocol (AWS STS API Reference, version 2011-06-15).
/// Returns temporary credentials of a role.
struct STSClient: Sendable {
    private let settings: AWSSettings
    private let http: HTTPClient
    private let clocks: Clocks
    private let jitter: @Sendable () -> Double
    private let signer: Signer
    private let address: AWSCall.Address

    init(
        settings: AWSSettings, http: HTTPClient, clocks: Clocks, jitter: @escaping @Sendable () -> Double
    ) {
        self.settings = settings
        self.http = http
        self.clocks = clocks
        self.jitter = jitter
        let resolved = STSEndpoint(settings)
        signer = Signer(service: .sts, region: resolved.region)
        address = AWSCall.Address(
            origin: resolved.endpoint.origin, host: resolved.endpoint.host, path: resolved.endpoint.path + "/")
    }

    /// The parameters of a role session.
    struct RoleSession: Sendable, Equatable {
        var role: String
        var name: String
        var externalID: String?
        /// From 900 s to 12 h; nil means STS's default of one hour.
        var duration: Duration?
    }

    /// Assumes a role with other credentials (AssumeRole).
    func assumeRole(
        _ session: RoleSession, with base: Credentials, origin: String
    ) async throws(AWSError) -> ResolvedCredentials {
        var form = QueryForm(action: "AssumeRole", session)
        form.add("ExternalId", session.externalID)
        let secrets = [base.secretAccessKey, base.sessionToken].compactMap { $0 }
        return try await send(form, credentials: base, secrets: secrets, origin: origin)
    }

    /// Assumes a role with an OpenID Connect token (AssumeRoleWithWebIdentity). The request is not signed.
    func assumeRole(
        _ session: RoleSession, webIdentityToken token: Secret, origin: String
    ) async throws(AWSError) -> ResolvedCredentials {
        var form = QueryForm(action: "AssumeRoleWithWebIdentity", session)
        form.add("WebIdentityToken", token.exposed)
        return try await send(form, credentials: nil, secrets: [token], origin: origin)
    }

    private func send(
        _ form: QueryForm, credentials: Credentials?, secrets: [Secret], origin: String
    ) async throws(AWSError) -> ResolvedCredentials {
        var call = AWSCall(form.action, signer: signer, method: "POST", address: address)
        call.timeout = .seconds(15)
        call.isSigned = credentials != nil
        call.add(form)
        let provider = StaticCredentialProvider(
            credentials ?? Credentials(accessKeyID: "", secretAccessKey: Secret("")))
        let client = AWSClient(settings: settings, credentials: provider, http: http, clocks: clocks, jitter: jitter)
        do throws(AWSError) {
            return try await client.send(call) { (response) throws(AWSError) in
                try parseCredentials(in: response, of: call, origin: origin)
            }
        } catch {
            throw error.redacting(secrets, origin: origin)
        }
    }

    private func parseCredentials(
        in response: HTTPResponse, of call: AWSCall, origin: String
    ) throws(AWSError) -> ResolvedCredentials {
        func unreadable(_ reason: String) -> AWSError {
            AWSError(call, kind: .invalid, code: "UnreadableAnswer", message: reason, head: response.head)
        }
        var fields: [String: String] = [:]
        do {
            try XMLReader.read(response.body) { path, text in
                guard path.count == 4, path[2] == "Credentials", let name = path.last else { return }
                fields[name] = text
            }
        } catch { throw unreadable("the response of \(response.body.count) bytes is not an XML document") }
        for name in ["AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"]
        where fields[name]?.isEmpty != false {
            throw unreadable("the response has no \(name)")
        }
        guard let expiration = Timestamp(withOffset: fields["Expiration"] ?? "") else {
            throw unreadable("the response's Expiration is not an ISO 8601 time")
        }
        return ResolvedCredentials(
            Credentials(
                accessKeyID: fields["AccessKeyId"] ?? "", secretAccessKey: Secret(fields["SecretAccessKey"] ?? ""),
                sessionToken: Secret(fields["SessionToken"] ?? "")),
            expiration: expiration, origin: origin)
    }
}

extension QueryForm {
    fileprivate init(action: String, _ session: STSClient.RoleSession) {
        self.init(action: action, version: "2011-06-15")
        add("RoleArn", session.role)
        add("RoleSessionName", session.name)
        add("DurationSeconds", session.duration.map { "\($0.components.seconds)" })
    }
}

extension AWSError {
    /// Returns the error with the credentials' origin added to its message and secrets that the service echoed removed.
    func redacting(_ secrets: [Secret], origin: String) -> AWSError {
        AWSError(
            kind: kind, code: code, service: service, operation: operation, status: status, requestID: requestID,
            extendedRequestID: extendedRequestID, message: "\(origin): \(redact(secrets, in: message))", hint: hint,
            isRetryable: isRetryable)
    }
}
