internal import HTTP
internal import Support

/// The role of the EC2 instance, by the Instance Metadata Service's version 2 (AWS SDKs and Tools Reference Guide, "IMDS credential
/// provider"; Amazon EC2 User Guide, "Use the Instance Metadata Service"). Version 1, which anybody's forwarded GET can ask, is not
/// fallen back to.
///
/// Settings: `AWS_EC2_METADATA_DISABLED`, `AWS_EC2_METADATA_SERVICE_ENDPOINT`, `AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE`,
/// `AWS_METADATA_SERVICE_TIMEOUT` (s), `AWS_METADATA_SERVICE_NUM_ATTEMPTS`; all but the first in the profile too.
struct InstanceMetadata: CredentialSource {
    private let means: CredentialProviderContext

    init(_ means: CredentialProviderContext) { self.means = means }

    func find() async throws(AWSError) -> CredentialFinding {
        if means.variable("AWS_EC2_METADATA_DISABLED")?.lowercased() == "true" {
            return .absent("EC2 instance metadata, which AWS_EC2_METADATA_DISABLED turns off")
        }
        let base = try endpoint()
        let origin = "EC2 instance metadata at \(base)"
        let asking = LocalEndpoint(means: means, attempts: attempts, timeout: .seconds(timeout))

        let token: String
        do {
            let headers = [HTTPHeader("x-aws-ec2-metadata-token-ttl-seconds", "21600")]
            let response = try await asking.ask("PUT", "\(base)/latest/api/token", headers: headers)
            guard response.head.status == 200 else { throw refusedToken(response, origin) }
            token = String(decoding: response.body, as: UTF8.self).trimmed
        } catch let error as HTTPError where error.code == .connectFailed || !error.mayHaveReachedServer {
            // Nobody there: this is no EC2 instance, or none that may ask.
            return .absent("\(origin) (\(error.message))")
        } catch {
            throw AWSError(
                error, asking: origin,
                hint:
                    "In a container, raise the instance's HttpPutResponseHopLimit to 2; where there is no role for this instance, set AWS_EC2_METADATA_DISABLED=true."
            )
        }
        guard !token.isEmpty, token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw AWSError(unusable: origin, "its token is none")
        }
        return try await credentials(asking, base, token: Secret(token), origin)
    }

    private func credentials(
        _ asking: LocalEndpoint, _ base: String, token: Secret, _ origin: String
    ) async throws(AWSError) -> CredentialFinding {
        let list = "\(base)/latest/meta-data/iam/security-credentials/"
        let headers = [HTTPHeader("x-aws-ec2-metadata-token", token.exposed)]
        func get(_ url: String) async throws(AWSError) -> HTTPResponse {
            do {
                return try await asking.ask("GET", url, headers: headers)
            } catch { throw AWSError(error, asking: origin) }
        }
        let roles = try await get(list)
        if roles.head.status == 404 { return .absent("\(origin) (the instance has no role)") }
        guard roles.head.status == 200 else {
            throw AWSError(refusal: roles, of: origin, hiding: [token], hint: "Try again later.")
        }
        let role = String(decoding: roles.body.prefix { $0 != 0x0A && $0 != 0x0D }, as: UTF8.self).trimmed
        guard !role.isEmpty else { return .absent("\(origin) (the instance has no role)") }
        guard role.utf8.count <= 128, role.utf8.allSatisfy({ (0x21...0x7E).contains($0) && !"/?#%".utf8.contains($0) })
        else { throw AWSError(unusable: origin, "its list of roles is none") }

        let answer = try await get(list + role)
        guard answer.head.status == 200 else {
            throw AWSError(
                refusal: answer, of: origin, hiding: [token], hint: "Check the role \(role) and the instance's profile."
            )
        }
        let document = try CredentialDocument.read(answer.body, of: origin)
        if let code = document.code, code != "Success" {
            throw AWSError(
                unusable: origin, "the role \(role) gives no credentials: \(code) \(document.message ?? "")",
                hint: "Check that the role exists and trusts ec2.amazonaws.com.", isRetryable: true)
        }
        return .found(
            try document.credentials(
                of: "EC2 instance metadata, role \(role)", session: document.token, needsExpiration: true,
                mayOutliveExpiration: true))
    }

    private func refusedToken(_ response: HTTPResponse, _ origin: String) -> AWSError {
        switch response.head.status {
        case 403:
            AWSError(
                refusal: response, of: origin,
                hint:
                    "The instance's metadata service is turned off: turn it on, or set AWS_EC2_METADATA_DISABLED=true.")
        case 404, 405:
            AWSError(
                refusal: response, of: origin,
                hint: "It gives no session tokens: only IMDSv2 is asked here, so turn version 2 on.")
        default: AWSError(refusal: response, of: origin, hint: "Try again later.")
        }
    }

    // MARK: Settings

    private func setting(_ variable: String, _ key: String) -> String? {
        means.variable(variable) ?? means.settings.files.profile(means.settings.profile)?[key]
    }

    /// Without a slash at its end.
    func endpoint() throws(AWSError) -> String {
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

    /// 1 unless set to a number from 1 to 100.
    private func number(_ variable: String, _ key: String) -> Int {
        let number = setting(variable, key).flatMap { Int($0) } ?? 1
        return (1...100).contains(number) ? number : 1
    }
}
