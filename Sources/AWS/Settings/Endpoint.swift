/// The base URL of a service: scheme, host, optional port and optional path prefix.
package struct Endpoint: Sendable, Hashable, CustomStringConvertible {
    package let isSecure: Bool
    /// The `host` header: in lowercase, with the port unless it is the scheme's default.
    package let host: String
    /// Without a trailing slash; empty if there is none.
    package let path: String

    package init(host: String) {
        isSecure = true
        self.host = host
        path = ""
    }

    /// Parses `http://127.0.0.1:9000`. Returns nil if the text is not an http or https URL, or has a query, a fragment
    /// or a user.
    package init?(_ url: String) {
        let rest: Substring
        if url.lowercased().hasPrefix("https://") {
            isSecure = true
            rest = url.dropFirst(8)
        } else if url.lowercased().hasPrefix("http://") {
            isSecure = false
            rest = url.dropFirst(7)
        } else {
            return nil
        }
        guard rest.utf8.allSatisfy({ (0x21...0x7E).contains($0) }), !rest.contains(where: { "?#@\\".contains($0) })
        else { return nil }
        let authority = rest.prefix { $0 != "/" }
        var name = authority
        var port: Int?
        if let colon = authority.lastIndex(of: ":"), !authority.hasSuffix("]") {
            guard let number = Int(authority[authority.index(after: colon)...]), (1...65_535).contains(number) else {
                return nil
            }
            port = number
            name = authority[..<colon]
        }
        guard !name.isEmpty else { return nil }
        host = name.lowercased() + (port == nil || port == (isSecure ? 443 : 80) ? "" : ":\(port ?? 0)")
        var path = rest.dropFirst(authority.count)
        while path.last == "/" { path = path.dropLast() }
        self.path = String(path)
    }

    /// Scheme and host, without a path.
    package var origin: String { (isSecure ? "https://" : "http://") + host }
    package var description: String { origin + path }
}

/// The endpoints configured in the environment and the profile, by the precedence of the AWS SDKs and Tools Reference
/// Guide, "Service-specific endpoints".
struct ConfiguredEndpoints {
    let environment: [String: String]
    let section: SharedFiles.Section
    let services: [String: SharedFiles.Section]

    func endpoint(for service: AWSService, _ problems: inout [String]) -> Endpoint? {
        let ignored = environment["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] ?? section["ignore_configured_endpoint_urls"]
        guard ignored?.lowercased() != "true", let (setting, url) = configured(service) else { return nil }
        if let endpoint = Endpoint(url) { return endpoint }
        let problem = "\(setting) is \(url): it must be a URL such as http://127.0.0.1:9000 or https://s3.example.com"
        // One setting may apply to all services.
        if !problems.contains(problem) { problems.append(problem) }
        return nil
    }

    private func configured(_ service: AWSService) -> (setting: String, url: String)? {
        for name in ["AWS_ENDPOINT_URL_\(service.settingName.uppercased())", "AWS_ENDPOINT_URL"] {
            if let url = environment[name], !url.isEmpty { return (name, url) }
        }
        if let name = section["services"], let url = services[name]?["\(service.settingName).endpoint_url"] {
            return ("\(service.settingName) endpoint_url of services \(name)", url)
        }
        return section["endpoint_url"].map { ("endpoint_url of the profile", $0) }
    }
}
