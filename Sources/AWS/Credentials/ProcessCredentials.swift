internal import Support

/// Credentials printed by a program (`credential_process`; AWS SDKs and Tools Reference Guide, "Process credential
/// provider"). The program is started without a shell, with this process's environment and a limit of one minute.
struct ProcessCredentials: CredentialSource {
    private let command: String
    private let environment: [String: String]
    private let profile: String
    private let limits: Subprocess.Limits

    init(
        command: String, environment: [String: String], profile: String,
        limits: Subprocess.Limits = Subprocess.Limits()
    ) {
        self.command = command
        self.environment = environment
        self.profile = profile
        self.limits = limits
    }

    func lookUp() async throws(AWSError) -> CredentialLookup {
        let origin = "credential_process of profile \(profile)"
        guard let words = ShellWords.split(command) else {
            throw AWSError(
                unusable: origin, "its command line has an unclosed quote or no program",
                hint: "Write it as \"/path/to the/program\" argument \"argument with spaces\".")
        }
        let record: Subprocess.ExecutionRecord
        do {
            record = try await Subprocess.Runner.shared.run(words, environment: environment, limits: limits)
        } catch {
            throw AWSError(unusable: origin, "\(error)", hint: "Give the program's absolute path; no shell expands it.")
        }
        let document = try? CredentialDocument.read(record.output, from: origin)
        let secrets = [document?.secretAccessKey, document?.sessionToken].compactMap { $0.map { Secret($0) } }
        func failure(_ reason: String, isRetryable: Bool = false) -> AWSError {
            let output = redactLikelySecrets(
                in: Array(redact(secrets, in: String(decoding: record.errors, as: UTF8.self)).utf8))
            return AWSError(
                unusable: origin, output.isEmpty ? reason : "\(reason); its standard error: \(output)",
                hint: "Run the command by hand, as this process's user.", isRetryable: isRetryable)
        }
        switch record.terminationStatus {
        case .timedOut:
            throw failure("\(words[0]) did not exit within \(limits.time) and was killed", isRetryable: true)
        case .outputTooLarge: throw failure("\(words[0]) printed more than \(limits.output) bytes and was killed")
        case .signalled(let number): throw failure("\(words[0]) was killed by signal \(number)", isRetryable: true)
        case .exited(let code):
            guard code == 0 else { throw failure("\(words[0]) exited with \(code)", isRetryable: true) }
        }
        guard let document else { throw failure("\(words[0]) did not print a JSON object of credentials") }
        guard document.version == 1 else {
            throw failure("\(words[0]) printed Version \(document.version.map { "\($0)" } ?? "nothing"), not 1")
        }
        return .found(
            try document.credentials(origin: origin, sessionToken: document.sessionToken, needsExpiration: false))
    }
}
