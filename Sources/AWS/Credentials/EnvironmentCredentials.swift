internal import Support

/// Credentials from `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`.
package struct EnvironmentCredentials: CredentialSource {
    private let lookup: Result<CredentialLookup, AWSError>

    package init(_ environment: [String: String]) {
        func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        switch (value("AWS_ACCESS_KEY_ID"), value("AWS_SECRET_ACCESS_KEY")) {
        case (nil, nil): lookup = .success(.absent("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment"))
        case (let id?, let secret?):
            let token = value("AWS_SESSION_TOKEN").map { Secret($0) }
            let credentials = Credentials(accessKeyID: id, secretAccessKey: Secret(secret), sessionToken: token)
            lookup = .success(.found(ResolvedCredentials(credentials, origin: "the environment")))
        case (_?, nil): lookup = .failure(AWSError(set: "AWS_ACCESS_KEY_ID", withoutSetting: "AWS_SECRET_ACCESS_KEY"))
        case (nil, _?): lookup = .failure(AWSError(set: "AWS_SECRET_ACCESS_KEY", withoutSetting: "AWS_ACCESS_KEY_ID"))
        }
    }

    package func lookUp() async throws(AWSError) -> CredentialLookup { try lookup.get() }
}

extension AWSError {
    init(set name: String, withoutSetting missing: String, in location: String = "the environment") {
        self.init(
            kind: .credentials, code: "PartialCredentials", message: "\(location) has \(name) but not \(missing)",
            hint: "Set both, or neither.")
    }
}
