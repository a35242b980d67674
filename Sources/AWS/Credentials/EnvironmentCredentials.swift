internal import Support

/// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`.
package struct EnvironmentCredentials: CredentialSource {
    private let finding: Result<CredentialFinding, AWSError>

    package init(_ environment: [String: String]) {
        func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        switch (value("AWS_ACCESS_KEY_ID"), value("AWS_SECRET_ACCESS_KEY")) {
        case (nil, nil): finding = .success(.absent("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment"))
        case (let id?, let secret?):
            let token = value("AWS_SESSION_TOKEN").map { Secret($0) }
            let credentials = Credentials(accessKeyID: id, secretAccessKey: Secret(secret), sessionToken: token)
            finding = .success(.found(FoundCredentials(credentials, origin: "the environment")))
        case (_?, nil): finding = .failure(AWSError(halfSet: "AWS_ACCESS_KEY_ID", missing: "AWS_SECRET_ACCESS_KEY"))
        case (nil, _?): finding = .failure(AWSError(halfSet: "AWS_SECRET_ACCESS_KEY", missing: "AWS_ACCESS_KEY_ID"))
        }
    }

    package func find() async throws(AWSError) -> CredentialFinding { try finding.get() }
}

extension AWSError {
    init(halfSet: String, missing: String, in place: String = "the environment") {
        self.init(
            kind: .credentials, code: "PartialCredentials", message: "\(place) has \(halfSet) but not \(missing)",
            hint: "Set both, or neither.")
    }
}
