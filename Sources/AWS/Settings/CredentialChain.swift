internal import Support

/// One place where credentials may be found.
package protocol CredentialSource: Sendable {
    /// What was looked at, for the error when nothing is found anywhere.
    var place: String { get }
    /// Nil where this place holds none; an error where it holds some that cannot be used.
    func find() async throws(AWSError) -> Credentials?
}

/// Asks one source after the other; the first that has credentials wins. Web identity, container, instance metadata and
/// assumed roles are further sources behind the same port, in the order of the AWS SDKs' reference guide.
package struct CredentialChain: CredentialProvider {
    private let sources: [any CredentialSource]

    package init(_ sources: [any CredentialSource]) { self.sources = sources }

    /// The environment, then the profile of the shared files.
    package init(environment: [String: String], settings: AWSSettings) {
        sources = [EnvironmentCredentials(environment), ProfileCredentials(settings.files, profile: settings.profile)]
    }

    package func credentials() async throws(AWSError) -> Credentials {
        for source in sources {
            if let found = try await source.find() { return found }
        }
        throw AWSError(
            kind: .credentials, code: "NoCredentials",
            message: "no credentials were found; looked at \(sources.map(\.place).joined(separator: "; "))",
            hint:
                "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or write them into a profile and name it in AWS_PROFILE."
        )
    }
}

/// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`.
package struct EnvironmentCredentials: CredentialSource {
    private let found: Result<Credentials?, AWSError>

    package init(_ environment: [String: String]) {
        func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        switch (value("AWS_ACCESS_KEY_ID"), value("AWS_SECRET_ACCESS_KEY")) {
        case (nil, nil): found = .success(nil)
        case (let id?, let secret?):
            let token = value("AWS_SESSION_TOKEN").map { Secret($0) }
            found = .success(Credentials(accessKeyID: id, secretAccessKey: Secret(secret), sessionToken: token))
        case (_?, nil): found = .failure(AWSError(halfSet: "AWS_ACCESS_KEY_ID", missing: "AWS_SECRET_ACCESS_KEY"))
        case (nil, _?): found = .failure(AWSError(halfSet: "AWS_SECRET_ACCESS_KEY", missing: "AWS_ACCESS_KEY_ID"))
        }
    }

    package var place: String { "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment" }

    package func find() async throws(AWSError) -> Credentials? { try found.get() }
}

/// `aws_access_key_id`, `aws_secret_access_key`, `aws_session_token` of one profile; the credentials file comes before the
/// config file.
package struct ProfileCredentials: CredentialSource {
    private let files: SharedFiles
    private let profile: String

    package init(_ files: SharedFiles, profile: String) {
        self.files = files
        self.profile = profile
    }

    package var place: String {
        "profile \(profile) in \(files.credentialsPath) and \(files.configPath)"
    }

    package func find() async throws(AWSError) -> Credentials? {
        for section in [files.credentials[profile], files.config[profile]] {
            guard let section else { continue }
            switch (section["aws_access_key_id"], section["aws_secret_access_key"]) {
            case (nil, nil): continue
            case (let id?, let secret?):
                let token = section["aws_session_token"].map { Secret($0) }
                return Credentials(accessKeyID: id, secretAccessKey: Secret(secret), sessionToken: token)
            case (_?, nil):
                throw AWSError(halfSet: "aws_access_key_id", missing: "aws_secret_access_key", in: "profile \(profile)")
            case (nil, _?):
                throw AWSError(halfSet: "aws_secret_access_key", missing: "aws_access_key_id", in: "profile \(profile)")
            }
        }
        let merged = files.profile(profile) ?? [:]
        for key in ["role_arn", "sso_session", "sso_start_url", "credential_process", "web_identity_token_file"]
        where merged[key] != nil {
            throw AWSError(
                kind: .credentials, code: "UnsupportedProfile",
                message: "profile \(profile) gets its credentials by \(key), which is not taken here",
                hint:
                    "Name a profile with an access key, or set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN."
            )
        }
        return nil
    }
}

extension AWSError {
    fileprivate init(halfSet: String, missing: String, in place: String = "the environment") {
        self.init(
            kind: .credentials, code: "PartialCredentials", message: "\(place) has \(halfSet) but not \(missing)",
            hint: "Set both, or neither.")
    }
}
