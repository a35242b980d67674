internal import HTTP
internal import Support

/// Credentials from the container endpoint of ECS or EKS Pod Identity (AWS SDKs and Tools Reference Guide, "Container
/// credential provider"). The authorization token file is read again at each fetch.
struct ContainerCredentials: CredentialSource {
    private let context: CredentialProviderContext

    init(_ context: CredentialProviderContext) { self.context = context }

    func lookUp() async throws(AWSError) -> CredentialLookup {
        let url: String
        if let path = context.variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") {
            url = try ContainerAddress.url(relative: path)
        } else if let full = context.variable("AWS_CONTAINER_CREDENTIALS_FULL_URI") {
            url = try ContainerAddress.url(full: full)
        } else {
            return .absent(
                "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and AWS_CONTAINER_CREDENTIALS_FULL_URI in the environment")
        }
        let origin = "the container endpoint \(url.prefix { $0 != "?" })"
        let token = try authorizationToken()
        var headers = [HTTPHeader("accept", "application/json")]
        if let token { headers.append(HTTPHeader("authorization", token.exposed)) }
        let response: HTTPResponse
        do {
            let endpoint = LocalEndpoint(context: context, attempts: 3, timeout: .seconds(2))
            response = try await endpoint.send("GET", url, headers: headers)
        } catch {
            throw AWSError(
                error, from: origin, hint: "Check that the task or pod has its role, and that its agent is running.")
        }
        guard response.head.status == 200 else {
            throw AWSError(
                rejection: response, from: origin, redacting: token.map { [$0] } ?? [],
                hint: "Check the task's or pod's role, and AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE.")
        }
        let document = try CredentialDocument.read(response.body, from: origin)
        return .found(
            try document.credentials(origin: origin, sessionToken: document.token, needsExpiration: false))
    }

    private func authorizationToken() throws(AWSError) -> Secret? {
        if let path = context.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") {
            return try readToken(path, named: "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")
        }
        guard let token = context.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN") else { return nil }
        guard token.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
            throw AWSError(
                kind: .credentials, code: "UnreadableToken",
                message: "AWS_CONTAINER_AUTHORIZATION_TOKEN contains a line break or is not printable ASCII",
                hint: "Check what sets it.")
        }
        return Secret(token)
    }
}

/// Validates the URL of the container endpoint: https with any host, or http with a host that cannot be another
/// machine.
enum ContainerAddress {
    static func url(relative path: String) throws(AWSError) -> String {
        guard path.first == "/", isPlain(path), !path.hasPrefix("//") else {
            throw invalid("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "it must be a path that starts with one slash")
        }
        return "http://169.254.170.2" + path
    }

    static func url(full url: String) throws(AWSError) -> String {
        let name = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
        let lowercase = url.lowercased()
        let schemeEnd = lowercase.hasPrefix("https://") ? 8 : lowercase.hasPrefix("http://") ? 7 : 0
        let authority = url.dropFirst(schemeEnd).prefix { !"/?#".contains($0) }
        guard schemeEnd > 0, isPlain(url), !url.contains("#"),
            let endpoint = Endpoint(String(url.prefix(schemeEnd) + authority))
        else { throw invalid(name, "it must be a URL such as http://169.254.170.23/v1/credentials") }
        guard endpoint.isSecure || isLocal(endpoint.host) else {
            throw invalid(
                name,
                "http is allowed only for a loopback address, 169.254.170.2, 169.254.170.23 and [fd00:ec2::23], not for \(endpoint.host)"
            )
        }
        return url
    }

    /// - Parameter host: in lowercase, optionally with a port.
    static func isLocal(_ host: String) -> Bool {
        if host.hasPrefix("[") {
            let name = host.dropFirst().prefix { $0 != "]" }
            return ["::1", "0:0:0:0:0:0:0:1", "fd00:ec2::23"].contains(String(name))
        }
        let name = String(host.prefix { $0 != ":" })
        if ["localhost", "169.254.170.2", "169.254.170.23"].contains(name) { return true }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127"
            && parts.allSatisfy { part in
                part.utf8.allSatisfy { (0x30...0x39).contains($0) } && UInt8(part).map { String($0) == part } == true
            }
    }

    private static func isPlain(_ text: String) -> Bool { text.utf8.allSatisfy { (0x21...0x7E).contains($0) } }

    private static func invalid(_ name: String, _ reason: String) -> AWSError {
        AWSError(
            kind: .credentials, code: "InvalidSettings", message: "\(name) can't be used: \(reason)",
            hint: "ECS and EKS set it themselves; correct it, or remove it from the environment.")
    }
}
