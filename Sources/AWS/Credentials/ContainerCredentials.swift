internal import HTTP
internal import Support

/// The credentials endpoint of ECS and of EKS Pod Identity (AWS SDKs and Tools Reference Guide, "Container credential provider"). An
/// authorization token's file is read anew at each fetch.
struct ContainerCredentials: CredentialSource {
    private let means: CredentialProviderContext

    init(_ means: CredentialProviderContext) { self.means = means }

    func find() async throws(AWSError) -> CredentialFinding {
        let url: String
        if let path = means.variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") {
            url = try ContainerAddress.url(relative: path)
        } else if let whole = means.variable("AWS_CONTAINER_CREDENTIALS_FULL_URI") {
            url = try ContainerAddress.url(full: whole)
        } else {
            return .absent(
                "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and AWS_CONTAINER_CREDENTIALS_FULL_URI in the environment")
        }
        let origin = "the container endpoint \(url.prefix { $0 != "?" })"
        let token = try authorization()
        var headers = [HTTPHeader("accept", "application/json")]
        if let token { headers.append(HTTPHeader("authorization", token.exposed)) }
        let response: HTTPResponse
        do {
            let endpoint = LocalEndpoint(means: means, attempts: 3, timeout: .seconds(2))
            response = try await endpoint.ask("GET", url, headers: headers)
        } catch {
            throw AWSError(error, asking: origin, hint: "Check that the task or pod still has its role, and its agent.")
        }
        guard response.head.status == 200 else {
            throw AWSError(
                refusal: response, of: origin, hiding: token.map { [$0] } ?? [],
                hint: "Check the task's or pod's role, and AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE.")
        }
        let document = try CredentialDocument.read(response.body, of: origin)
        return .found(
            try document.credentials(of: origin, session: document.token, needsExpiration: false))
    }

    private func authorization() throws(AWSError) -> Secret? {
        if let path = means.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") {
            return try readToken(path, named: "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")
        }
        guard let token = means.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN") else { return nil }
        guard token.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
            throw AWSError(
                kind: .credentials, code: "UnreadableToken",
                message: "AWS_CONTAINER_AUTHORIZATION_TOKEN holds a line break, or no plain text",
                hint: "Check what sets it.")
        }
        return Secret(token)
    }
}

/// Which hosts may be asked for a container's credentials: over https any, over http only those that no other machine can be.
enum ContainerAddress {
    static func url(relative path: String) throws(AWSError) -> String {
        guard path.first == "/", isPlain(path), !path.hasPrefix("//") else {
            throw refusal("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "it must be a path that starts with one slash")
        }
        return "http://169.254.170.2" + path
    }

    static func url(full url: String) throws(AWSError) -> String {
        let name = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
        // What stands before the path and the query; the rest is sent as it is.
        let low = url.lowercased()
        let schemeEnd = low.hasPrefix("https://") ? 8 : low.hasPrefix("http://") ? 7 : 0
        let authority = url.dropFirst(schemeEnd).prefix { !"/?#".contains($0) }
        guard schemeEnd > 0, isPlain(url), !url.contains("#"),
            let endpoint = Endpoint(String(url.prefix(schemeEnd) + authority))
        else { throw refusal(name, "it must be a URL such as http://169.254.170.23/v1/credentials") }
        guard endpoint.isSecure || isLocal(endpoint.host) else {
            throw refusal(
                name,
                "over http only a loopback address, 169.254.170.2, 169.254.170.23 and [fd00:ec2::23] are asked, not \(endpoint.host)"
            )
        }
        return url
    }

    /// - Parameter host: in lowercase, perhaps with a port.
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

    private static func refusal(_ name: String, _ what: String) -> AWSError {
        AWSError(
            kind: .credentials, code: "InvalidSettings", message: "\(name) can't be used: \(what)",
            hint: "ECS and EKS set it themselves; correct it, or take it out of the environment.")
    }
}
