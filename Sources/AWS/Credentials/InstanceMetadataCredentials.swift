internal import HTTP
internal import Support

/// Credentials of the EC2 instance's role, from the Instance Metadata Service version 2 (AWS SDKs and Tools Reference
/// Guide, "IMDS credential provider"; Amazon EC2 User Guide, "Use the Instance Metadata Service"). There is no fallback
/// to version 1, which answers any forwarded GET.
///
/// Settings: `AWS_EC2_METADATA_DISABLED`, `AWS_EC2_METADATA_SERVICE_ENDPOINT`,
/// `AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE`, `AWS_METADATA_SERVICE_TIMEOUT` (s), `AWS_METADATA_SERVICE_NUM_ATTEMPTS`.
/// All except the first may be set in the profile.
struct InstanceMetadataCredentials: CredentialSource {
    private let context: CredentialProviderContext

    init(_ context: CredentialProviderContext) { self.context = context }

    func lookUp() async throws(AWSError) -> CredentialLookup {
        if context.variable("AWS_EC2_METADATA_DISABLED")?.lowercased() == "true" {
            return .absent("EC2 instance metadata, disabled by AWS_EC2_METADATA_DISABLED")
        }
        let base = try endpointURL()
        let origin = "EC2 instance metadata at \(base)"
        let endpoint = LocalEndpoint(context: context, attempts: attempts, timeout: .seconds(timeout))

        let token: String
        do {
            let headers = [HTTPHeader("x-aws-ec2-metadata-token-ttl-seconds", "21600")]
            let response = try await endpoint.send("PUT", "\(base)/latest/api/token", headers: headers)
            guard response.head.status == 200 else { throw tokenError(response, from: origin) }
            token = String(decoding: response.body, as: UTF8.self).trimmed
        } catch let error as HTTPError where error.code == .connectFailed || !error.mayHaveReachedServer {
            // Not an EC2 instance, or the endpoint is blocked.
            return .absent("\(origin) (\(error.message))")
        } catch {
            throw AWSError(
                error, from: origin,
                hint:
                    "In a container, raise the instance's HttpPutResponseHopLimit to 2; if the instance has no role, set AWS_EC2_METADATA_DISABLED=true."
            )
        }
        guard !token.isEmpty, token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw AWSError(unusable: origin, "its token is empty or not printable ASCII")
        }
        return try await credentials(from: endpoint, base: base, token: Secret(token), origin: origin)
    }

    private func credentials(
        from endpoint: LocalEndpoint, base: String, token: Secret, origin: String
    ) async throws(AWSError) -> CredentialLookup {
        let list = "\(base)/latest/meta-data/iam/security-credentials/"
        let headers = [HTTPHeader("x-aws-ec2-metadata-token", token.exposed)]
        func get(_ url: String) async throws(AWSError) -> HTTPResponse {
            do {
                return try await endpoint.send("GET", url, headers: headers)
            } catch { throw AWSError(error, from: origin) }
        }
        let roles = try await get(list)
        if roles.head.status == 404 { return .absent("\(origin) (the instance has no role)") }
        guard roles.head.status == 200 else {
            throw AWSError(rejection: roles, from: origin, redacting: [token], hint: "Try again later.")
        }
        let role = String(decoding: roles.body.prefix { $0 != 0x0A && $0 != 0x0D }, as: UTF8.self).trimmed
        guard !role.isEmpty else { return .absent("\(origin) (the instance has no role)") }
        guard role.utf8.count <= 128, role.utf8.allSatisfy({ (0x21...0x7E).contains($0) && !"/?#%".utf8.contains($0) })
        else { throw AWSError(unusable: origin, "its list of roles is not a role name") }

        let response = try await get(list + role)
        guard response.head.status == 200 else {
            throw AWSError(
                rejection: response, from: origin, redacting: [token],
                hint: "Check the role \(role) and the instance profile.")
        }
        let document = try CredentialDocument.read(response.body, from: origin)
        if let code = document.code, code != "Success" {
            throw AWSError(
                unusable: origin, "the role \(role) returned no credentials: \(code) \(document.message ?? "")",
                hint: "Check that the role exists and trusts ec2.amazonaws.com.", isRetryable: true)
        }
        return .found(
            try document.credentials(
                origin: "EC2 instance metadata, role \(role)", sessionToken: document.token, needsExpiration: true,
                mayOutliveExpiration: true))
    }

    private func tokenError(_ response: HTTPResponse, from origin: String) -> AWSError {
        switch response.head.status {
        case 403:
            AWSError(
                rejection: response, from: origin,
                hint:
                    "The instance metadata service is disabled: enable it, or set AWS_EC2_METADATA_DISABLED=true.")
        case 404, 405:
            AWSError(
                rejection: response, from: origin,
                hint: "The endpoint issues no session tokens: enable IMDSv2, the only version supported here.")
        default: AWSError(rejection: response, from: origin, hint: "Try again later.")
        }
    }

    // MARK: Settings

    private func setting(_ variable: String, _ key: String) -> String? {
        context.variable(variable) ?? context.settings.files.profile(context.settings.profile)?[key]
    }

    /// The URL of the service, without a trailing slash.
    func endpointURL() throws(AWSError) -> String {
        if let url = setting("AWS_EC2_METADATA_SERVICE_ENDPOINT", "ec2_metadata_service_endpoint") {
            if let endpoint = Endpoint(url) { return endpoint.description }
            throw AWSError(
                kind: .credentials, code: "InvalidSettings",
                message: "AWS_EC2_METADATA_SERVICE_ENDPOINT (ec2_metadata_service_endpoint) is \(url)",
                hint: "It must be a URL such as http://169.254.169.254.")
        }
        let mode = setting("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ec2_metadata_service_endpoint_mode") ?? "IPv4"
        switch mode.lowercased() {
        case "ipv4": return "http://169.254.169.254"
        case "ipv6": return "http://[fd00:ec2::254]"
        default:
            throw AWSError(
                kind: .credentials, code: "InvalidSettings",
                message: "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE (ec2_metadata_service_endpoint_mode) is \(mode)",
                hint: "It must be IPv4 or IPv6.")
        }
    }

    private var timeout: Int { number("AWS_METADATA_SERVICE_TIMEOUT", "metadata_service_timeout") }
    private var attempts: Int { number("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "metadata_service_num_attempts") }

    /// Returns a setting from 1 to 100; 1 if it is anything else.
    private func number(_ variable: String, _ key: String) -> Int {
        let number = setting(variable, key).flatMap { Int($0) } ?? 1
        return (1...100).contains(number) ? number : 1
    }
}
