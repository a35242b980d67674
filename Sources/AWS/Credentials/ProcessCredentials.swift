internal import Support

/// Credentials that a program prints (`credential_process`; AWS SDKs and Tools Reference Guide, "Process credential provider"). It is
/// started without a shell, with this process's environment, and has a minute.
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

    func find() async throws(AWSError) -> CredentialFinding {
        let origin = "credential_process of profile \(profile)"
        guard let words = CommandWords.of(command) else {
            throw AWSError(
                unusable: origin, "its command line has a quote that is not closed, or no program",
                hint: "Write it as \"/path/to the/program\" argument \"argument with spaces\".")
        }
        let end: Subprocess.End
        do {
            end = try await Subprocess.Lane.shared.run(words, environment: environment, limits: limits)
        } catch {
            throw AWSError(unusable: origin, "\(error)", hint: "Give the program's whole path; no shell looks at it.")
        }
        let document = try? CredentialDocument.read(end.output, of: origin)
        let secrets = [document?.secretAccessKey, document?.sessionToken].compactMap { $0.map { Secret($0) } }
        func failure(_ what: String, isRetryable: Bool = false) -> AWSError {
            let said = withoutLikelySecrets(
                Array(hiding(secrets, in: String(decoding: end.errors, as: UTF8.self)).utf8))
            return AWSError(
                unusable: origin, said.isEmpty ? what : "\(what); it said: \(said)",
                hint: "Run the command by hand, as this process's user.", isRetryable: isRetryable)
        }
        switch end.how {
        case .overdue: throw failure("\(words[0]) had not ended after \(limits.time) and was killed", isRetryable: true)
        case .outputTooLarge: throw failure("\(words[0]) printed more than \(limits.output) bytes and was killed")
        case .signal(let number): throw failure("\(words[0]) was killed by signal \(number)", isRetryable: true)
        case .code(let code):
            guard code == 0 else { throw failure("\(words[0]) ended with \(code)", isRetryable: true) }
        }
        guard let document else { throw failure("\(words[0]) printed no JSON object of credentials") }
        guard document.version == 1 else {
            throw failure("\(words[0]) printed Version \(document.version.map { "\($0)" } ?? "nothing"), not 1")
        }
        return .found(
            try document.credentials(of: origin, session: document.sessionToken, needsExpiration: false))
    }
}
