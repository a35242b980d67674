internal import Glibc
package import HTTP

/// The settings of AWS clients, by AWS's own conventions: first the environment, then the profile in the shared files.
package struct AWSSettings: Sendable {
    package let region: String
    package let profile: String
    /// Configured endpoints; AWS's own are used for the other services.
    private let endpoints: [AWSService: Endpoint]
    /// Whether the global STS endpoint is used for regions that once had no other.
    package let usesGlobalSTS: Bool
    /// A PEM file of certificate authorities.
    package let caBundle: String?
    /// The number of attempts of a request, at least 1.
    package let maxAttempts: Int
    /// The shared files as they were when the settings were read.
    package let files: SharedFiles
    /// Reads the shared files again: other programs renew the credentials in them.
    let currentFiles: @Sendable () -> SharedFiles

    package var s3Endpoint: Endpoint? { endpoints[.s3] }
    package var sqsEndpoint: Endpoint? { endpoints[.sqs] }
    package var stsEndpoint: Endpoint? { endpoints[.sts] }
    package var snsEndpoint: Endpoint? { endpoints[.sns] }
    package var eventBridgeEndpoint: Endpoint? { endpoints[.eventBridge] }

    /// The configuration of the HTTP client.
    package var httpConfiguration: HTTPConfiguration { HTTPConfiguration(caFile: caBundle) }

    /// - Parameters:
    ///   - environment: the process's environment.
    ///   - read: returns a file's text, or nil if there is none.
    /// - Throws: an error of kind `invalid` that lists all problems, and what to set.
    package init(
        environment: [String: String], read: @escaping @Sendable (String) -> String? = readFile
    ) throws(AWSError) {
        var problems: [String] = []
        let files = SharedFiles(environment: environment, read: read)
        func variable(_ names: String...) -> (name: String, value: String)? {
            for name in names { if let value = environment[name], !value.isEmpty { return (name, value) } }
            return nil
        }
        let named = variable("AWS_PROFILE", "AWS_DEFAULT_PROFILE")
        let profile = named?.value ?? "default"
        let section = files.profile(profile)
        if let named, section == nil {
            problems.append(
                "\(named.name) names the profile \(profile), which is neither in \(files.configPath) nor in \(files.credentialsPath)"
            )
        }

        let region = variable("AWS_REGION", "AWS_DEFAULT_REGION")?.value ?? section?["region"]
        if region == nil {
            problems.append(
                "no region: set AWS_REGION (any name, such as us-east-1, if you run your own service), or region in the profile \(profile) of \(files.configPath)"
            )
        } else if let region, !isHostLabel(region) {
            problems.append("the region \(region) is not a region name such as eu-central-1")
        }

        let configured = ConfiguredEndpoints(
            environment: environment, section: section ?? [:], services: files.services)
        endpoints = AWSService.allCases.reduce(into: [:]) { $0[$1] = configured.endpoint(for: $1, &problems) }
        let stsEndpoints =
            variable("AWS_STS_REGIONAL_ENDPOINTS")?.value ?? section?["sts_regional_endpoints"] ?? "regional"
        if !["regional", "legacy"].contains(stsEndpoints.lowercased()) {
            problems.append(
                "AWS_STS_REGIONAL_ENDPOINTS (sts_regional_endpoints) is \(stsEndpoints): it must be regional or legacy")
        }

        let attempts = variable("AWS_MAX_ATTEMPTS")?.value ?? section?["max_attempts"] ?? "3"
        let maxAttempts = Int(attempts) ?? 0
        if maxAttempts < 1 {
            problems.append("AWS_MAX_ATTEMPTS (max_attempts) is \(attempts): it must be a number of at least 1")
        }

        let caBundle = variable("AWS_CA_BUNDLE")?.value ?? section?["ca_bundle"]
        guard problems.isEmpty, let region else {
            throw AWSError(
                kind: .invalid, code: "InvalidSettings", message: problems.joined(separator: "; "),
                hint: "Correct the environment or the shared config files.")
        }
        self.region = region
        self.profile = profile
        usesGlobalSTS = stsEndpoints.lowercased() == "legacy"
        self.caBundle = caBundle
        self.maxAttempts = maxAttempts
        self.files = files
        currentFiles = { SharedFiles(environment: environment, read: read) }
    }
}

/// Returns a file's text, or nil if it cannot be read.
package func readFile(_ path: String) -> String? {
    guard let file = unsafe fopen(path, "re") else { return nil }
    defer { unsafe fclose(file) }
    var text: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16 << 10)
    while true {
        let count = unsafe fread(&buffer, 1, buffer.count, file)
        if count == 0 { return unsafe ferror(file) == 0 ? String(decoding: text, as: UTF8.self) : nil }
        text.append(contentsOf: buffer[..<count])
    }
}

/// Whether a text is a host label: at most 63 letters, digits and hyphens, with no hyphen at either end.
func isHostLabel(_ text: String) -> Bool {
    let bytes = text.utf8
    guard (1...63).contains(bytes.count), bytes.first != UInt8(ascii: "-"), bytes.last != UInt8(ascii: "-") else {
        return false
    }
    return bytes.allSatisfy { byte in
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || byte == UInt8(ascii: "-")
    }
}
