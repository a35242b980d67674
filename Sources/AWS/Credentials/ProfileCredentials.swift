internal import Support

/// What a profile of the shared files says of credentials: keys, a role by way of another profile or place, a web identity's token,
/// or a process (AWS SDKs and Tools Reference Guide, "Assume role credential provider", "Process credential provider").
///
/// A role goes before keys; in the profile that a role starts from, keys go before a further role, as botocore has it.
struct ProfileCredentials: CredentialSource {
    private let means: CredentialProviderContext
    private let profile: String
    private var files: SharedFiles { means.settings.files }

    init(_ means: CredentialProviderContext, profile: String) {
        self.means = means
        self.profile = profile
    }

    func find() async throws(AWSError) -> CredentialFinding {
        guard let source = try source(of: profile, from: []) else {
            return .absent("profile \(profile) in \(files.credentialsPath) and \(files.configPath)")
        }
        return try await source.find()
    }

    /// - Parameter visited: the profiles whose roles are to be assumed with this one's credentials, the first one first.
    private func source(of name: String, from visited: [String]) throws(AWSError) -> (any CredentialSource)? {
        if visited.contains(name), visited.last != name {
            throw AWSError(
                profile: profile, code: "ProfileLoop",
                "its roles go round in a circle: \((visited + [name]).joined(separator: " > "))",
                hint: "Let the last source_profile name a profile with keys of its own.")
        }
        guard let section = files.profile(name) else {
            if visited.isEmpty { return nil }
            throw AWSError(
                profile: visited.last ?? profile, code: "NoSuchProfile",
                "source_profile is \(name), which is neither in \(files.configPath) nor in \(files.credentialsPath)",
                hint: "Correct source_profile, or write that profile.")
        }
        let keys = try keys(of: name)
        // A role may start from keys in its own profile.
        if visited.last == name {
            guard let keys else {
                throw AWSError(
                    profile: name, code: "ProfileLoop", "source_profile is the profile itself, which has no keys",
                    hint: "Write keys into it, or name another profile.")
            }
            return keys
        }
        if let keys, !visited.isEmpty { return keys }
        if let role = section["role_arn"] { return try roleSource(role, of: name, section, visited) }
        if let keys { return keys }
        if section["web_identity_token_file"] != nil {
            throw AWSError(halfSet: "web_identity_token_file", missing: "role_arn", in: "profile \(name)")
        }
        if let command = section["credential_process"] {
            return ProcessCredentials(command: command, environment: means.environment, profile: name)
        }
        for key in ["sso_session", "sso_start_url", "login_session"] where section[key] != nil {
            throw AWSError(
                profile: name, code: "UnsupportedProfile",
                "it gets its credentials by a sign-in (\(key)), which a worker cannot do",
                hint:
                    "Sign in with the AWS CLI and name a profile here with credential_process = aws configure export-credentials --profile \(name) --format process"
            )
        }
        if visited.isEmpty { return nil }
        throw AWSError(
            profile: name, code: "NoSourceCredentials",
            "it is the source_profile of \(visited.last ?? ""), but has neither keys, a role nor a process",
            hint: "Write keys into it, or name another profile.")
    }

    private func keys(of name: String) throws(AWSError) -> (any CredentialSource)? {
        for (section, path) in [
            (files.credentials[name], files.credentialsPath), (files.config[name], files.configPath),
        ] {
            guard let section else { continue }
            switch (section["aws_access_key_id"], section["aws_secret_access_key"]) {
            case (nil, nil): continue
            case (let id?, let secret?):
                let token = section["aws_session_token"].map { Secret($0) }
                let credentials = Credentials(accessKeyID: id, secretAccessKey: Secret(secret), sessionToken: token)
                return KnownCredentials(FoundCredentials(credentials, origin: "profile \(name) in \(path)"))
            case (_?, nil):
                throw AWSError(halfSet: "aws_access_key_id", missing: "aws_secret_access_key", in: "profile \(name)")
            case (nil, _?):
                throw AWSError(halfSet: "aws_secret_access_key", missing: "aws_access_key_id", in: "profile \(name)")
            }
        }
        return nil
    }

    private func roleSource(
        _ role: String, of name: String, _ section: SharedFiles.Section, _ visited: [String]
    ) throws(AWSError) -> any CredentialSource {
        if section["mfa_serial"] != nil {
            throw AWSError(
                profile: name, code: "UnsupportedProfile",
                "its role asks for a code (mfa_serial), which a worker cannot type",
                hint: "Let the role trust this worker's identity without mfa_serial.")
        }
        let session = STSClient.RoleSession(
            role: role, name: section["role_session_name"] ?? means.sessionName, externalID: section["external_id"],
            duration: try duration(section, of: name))
        let origin = "profile \(name), role \(role)"
        let base: any CredentialSource
        switch (section["source_profile"], section["credential_source"], section["web_identity_token_file"]) {
        case (let source?, nil, nil):
            // Never nil for a source: what is missing there is an error.
            base = try self.source(of: source, from: visited + [name]) ?? KnownCredentials(nil)
        case (nil, let place?, nil): base = try credentialSource(place, of: name)
        case (nil, nil, let file?):
            let session = STSClient.RoleSession(role: role, name: session.name, duration: session.duration)
            return WebIdentityCredentials(
                means: means, tokenFile: file, tokenName: "web_identity_token_file of profile \(name),",
                session: session, origin: "\(origin) by web identity")
        case (nil, nil, nil):
            throw AWSError(
                profile: name, code: "PartialCredentials", "it has role_arn, but nothing to assume the role with",
                hint: "Add source_profile, credential_source or web_identity_token_file.")
        default:
            throw AWSError(
                profile: name, code: "AmbiguousProfile",
                "it has more than one of source_profile, credential_source and web_identity_token_file",
                hint: "Leave one of them.")
        }
        return AssumedRole(means: means, base: base, session: session, origin: origin)
    }

    private func credentialSource(_ place: String, of name: String) throws(AWSError) -> any CredentialSource {
        switch place.lowercased() {
        case "environment": return EnvironmentCredentials(means.environment)
        case "ec2instancemetadata": return InstanceMetadata(means)
        case "ecscontainer": return ContainerCredentials(means)
        default:
            throw AWSError(
                profile: name, code: "UnsupportedProfile", "its credential_source is \(place)",
                hint: "It must be Environment, Ec2InstanceMetadata or EcsContainer.")
        }
    }

    private func duration(_ section: SharedFiles.Section, of name: String) throws(AWSError) -> Duration? {
        guard let text = section["duration_seconds"] else { return nil }
        guard let seconds = Int(text), (900...43_200).contains(seconds) else {
            throw AWSError(
                profile: name, code: "InvalidSettings", "its duration_seconds is \(text)",
                hint: "It must be a number from 900 to 43200, and no more than the role allows.")
        }
        return .seconds(seconds)
    }
}

/// Credentials that stand in a file.
struct KnownCredentials: CredentialSource {
    private let found: FoundCredentials?

    init(_ found: FoundCredentials?) { self.found = found }

    func find() async throws(AWSError) -> CredentialFinding { found.map { .found($0) } ?? .absent("nowhere") }
}

extension AWSError {
    fileprivate init(profile: String, code: String, _ what: String, hint: String) {
        self.init(kind: .credentials, code: code, message: "profile \(profile): \(what)", hint: hint)
    }
}
