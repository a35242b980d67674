internal import Support

/// Credentials of a profile in the shared files: keys, a role assumed from another profile or source, a role with a web
/// identity token, or a process (AWS SDKs and Tools Reference Guide, "Assume role credential provider", "Process
/// credential provider").
///
/// A role takes precedence over keys. In a role's source profile, keys take precedence over a further role, as in
/// botocore.
struct ProfileCredentials: CredentialSource {
    private let context: CredentialProviderContext
    private let profile: String
    /// Read again at each look-up: other programs renew them.
    private var files: SharedFiles

    init(_ context: CredentialProviderContext, profile: String) {
        self.context = context
        self.profile = profile
        files = context.settings.files
    }

    func lookUp() async throws(AWSError) -> CredentialLookup {
        var current = self
        current.files = context.settings.currentFiles()
        guard let source = try current.source(of: profile, visited: []) else {
            return .absent("profile \(profile) in \(files.credentialsPath) and \(files.configPath)")
        }
        return try await source.lookUp()
    }

    /// - Parameter visited: the profiles whose roles are assumed with this one's credentials, in order.
    private func source(of name: String, visited: [String]) throws(AWSError) -> (any CredentialSource)? {
        if visited.contains(name), visited.last != name {
            throw AWSError(
                profile: profile, code: "ProfileLoop",
                "its roles form a loop: \((visited + [name]).joined(separator: " > "))",
                hint: "Set the last source_profile to a profile that has keys.")
        }
        guard let section = files.profile(name) else {
            if visited.isEmpty { return nil }
            throw AWSError(
                profile: visited.last ?? profile, code: "NoSuchProfile",
                "source_profile is \(name), which is neither in \(files.configPath) nor in \(files.credentialsPath)",
                hint: "Correct source_profile, or add that profile.")
        }
        let keys = try keys(of: name)
        // A role may be assumed with the keys of its own profile.
        if visited.last == name {
            guard let keys else {
                throw AWSError(
                    profile: name, code: "ProfileLoop", "source_profile is the profile itself, which has no keys",
                    hint: "Add keys to it, or name another profile.")
            }
            return keys
        }
        if let keys, !visited.isEmpty { return keys }
        if let role = section["role_arn"] { return try roleSource(role, of: name, section, visited) }
        if let keys { return keys }
        if section["web_identity_token_file"] != nil {
            throw AWSError(set: "web_identity_token_file", withoutSetting: "role_arn", in: "profile \(name)")
        }
        if let command = section["credential_process"] {
            return ProcessCredentials(command: command, environment: context.environment, profile: name)
        }
        for key in ["sso_session", "sso_start_url", "login_session"] where section[key] != nil {
            throw AWSError(
                profile: name, code: "UnsupportedProfile",
                "its credentials need an interactive sign-in (\(key)), which a worker cannot do",
                hint:
                    "Sign in with the AWS CLI and name a profile here with credential_process = aws configure export-credentials --profile \(name) --format process"
            )
        }
        if visited.isEmpty { return nil }
        throw AWSError(
            profile: name, code: "NoSourceCredentials",
            "it is the source_profile of \(visited.last ?? ""), but has neither keys, a role nor a process",
            hint: "Add keys to it, or name another profile.")
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
                return StaticCredentialSource(ResolvedCredentials(credentials, origin: "profile \(name) in \(path)"))
            case (_?, nil):
                throw AWSError(
                    set: "aws_access_key_id", withoutSetting: "aws_secret_access_key", in: "profile \(name)")
            case (nil, _?):
                throw AWSError(
                    set: "aws_secret_access_key", withoutSetting: "aws_access_key_id", in: "profile \(name)")
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
                "its role requires an MFA code (mfa_serial), which a worker cannot enter",
                hint: "Let the role trust this worker's identity without mfa_serial.")
        }
        let session = STSClient.RoleSession(
            role: role, name: section["role_session_name"] ?? context.sessionName, externalID: section["external_id"],
            duration: try duration(section, of: name))
        let origin = "profile \(name), role \(role)"
        let base: any CredentialSource
        switch (section["source_profile"], section["credential_source"], section["web_identity_token_file"]) {
        case (let source?, nil, nil):
            // Never nil: a missing source profile is an error.
            base = try self.source(of: source, visited: visited + [name]) ?? StaticCredentialSource(nil)
        case (nil, let source?, nil): base = try credentialSource(source, of: name)
        case (nil, nil, let file?):
            let session = STSClient.RoleSession(role: role, name: session.name, duration: session.duration)
            return WebIdentityCredentials(
                context: context, tokenFile: file, tokenSetting: "web_identity_token_file of profile \(name),",
                session: session, origin: "\(origin) by web identity")
        case (nil, nil, nil):
            throw AWSError(
                profile: name, code: "PartialCredentials", "it has role_arn but no credentials to assume the role with",
                hint: "Add source_profile, credential_source or web_identity_token_file.")
        default:
            throw AWSError(
                profile: name, code: "AmbiguousProfile",
                "it has more than one of source_profile, credential_source and web_identity_token_file",
                hint: "Keep only one of them.")
        }
        return AssumedRoleCredentials(context: context, base: base, session: session, origin: origin)
    }

    private func credentialSource(_ source: String, of name: String) throws(AWSError) -> any CredentialSource {
        switch source.lowercased() {
        case "environment": return EnvironmentCredentials(context.environment)
        case "ec2instancemetadata": return InstanceMetadataCredentials(context)
        case "ecscontainer": return ContainerCredentials(context)
        default:
            throw AWSError(
                profile: name, code: "UnsupportedProfile", "its credential_source is \(source)",
                hint: "It must be Environment, Ec2InstanceMetadata or EcsContainer.")
        }
    }

    private func duration(_ section: SharedFiles.Section, of name: String) throws(AWSError) -> Duration? {
        guard let text = section["duration_seconds"] else { return nil }
        guard let seconds = Int(text), (900...43_200).contains(seconds) else {
            throw AWSError(
                profile: name, code: "InvalidSettings", "its duration_seconds is \(text)",
                hint: "It must be a number from 900 to 43200, and at most the role's maximum session duration.")
        }
        return .seconds(seconds)
    }
}

extension AWSError {
    fileprivate init(profile: String, code: String, _ reason: String, hint: String) {
        self.init(kind: .credentials, code: code, message: "profile \(profile): \(reason)", hint: hint)
    }
}
