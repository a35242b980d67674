internal import Domain
internal import HTTP
internal import Support

/// AWS Security Token Service, by its query protocol (AWS STS API Reference, version 2011-06-15): credentials of a role for a while.
struct STSClient: Sendable {
    private let settings: AWSSettings
    private let http: HTTPClient
    private let clock: ClientClock
    private let signer: Signer
    private let address: AWSCall.Address

    init(settings: AWSSettings, http: HTTPClient, clock: ClientClock) {
        self.settings = settings
        self.http = http
        self.clock = clock
        let place = STSPlace(settings)
        signer = Signer(service: .sts, region: place.region)
        address = AWSCall.Address(
            origin: place.endpoint.origin, host: place.endpoint.host, path: place.endpoint.path + "/")
    }

    /// What a session of a role is asked for with.
    struct RoleSession: Sendable, Equatable {
        var role: String
        var name: String
        var externalID: String?
        /// From 900 s to 12 h; STS's own hour where nil.
        var duration: Duration?
    }

    /// AssumeRole: a role by other credentials.
    func assume(_ session: RoleSession, by base: Credentials, origin: String) async throws(AWSError) -> FoundCredentials
    {
        var form = Form(action: "AssumeRole", session)
        form.add("ExternalId", session.externalID)
        let secrets = [base.secretAccessKey, base.sessionToken].compactMap { $0 }
        return try await ask(form, credentials: base, secrets: secrets, origin: origin)
    }

    /// AssumeRoleWithWebIdentity: a role by an OpenID Connect token. Not signed.
    func assume(_ session: RoleSession, byToken token: Secret, origin: String) async throws(AWSError)
        -> FoundCredentials
    {
        var form = Form(action: "AssumeRoleWithWebIdentity", session)
        form.add("WebIdentityToken", token.exposed)
        return try await ask(form, credentials: nil, secrets: [token], origin: origin)
    }

    private func ask(
        _ form: Form, credentials: Credentials?, secrets: [Secret], origin: String
    ) async throws(AWSError) -> FoundCredentials {
        var call = AWSCall(form.action, signer: signer, method: "POST", address: address)
        call.timeout = .seconds(15)
        call.isSigned = credentials != nil
        call.addHeader("content-type", "application/x-www-form-urlencoded; charset=utf-8")
        call.body = form.bytes
        let provider = StaticCredentials(credentials ?? Credentials(accessKeyID: "", secretAccessKey: Secret("")))
        let client = AWSClient(settings: settings, credentials: provider, http: http, clock: clock)
        do throws(AWSError) {
            return try await client.send(call) { (response) throws(AWSError) in
                try session(in: response, of: call, origin: origin)
            }
        } catch {
            throw error.told(of: origin, hiding: secrets)
        }
    }

    private func session(
        in response: HTTPResponse, of call: AWSCall, origin: String
    ) throws(AWSError) -> FoundCredentials {
        func unreadable(_ what: String) -> AWSError {
            AWSError(call, kind: .invalid, code: "UnreadableAnswer", message: what, head: response.head)
        }
        var fields: [String: String] = [:]
        do {
            try XMLReader.read(response.body) { path, text in
                guard path.count == 4, path[2] == "Credentials", let name = path.last else { return }
                fields[name] = text
            }
        } catch { throw unreadable("the answer of \(response.body.count) bytes is no XML document") }
        for name in ["AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"]
        where fields[name]?.isEmpty != false {
            throw unreadable("the answer has no \(name)")
        }
        guard let end = Timestamp(withOffset: fields["Expiration"] ?? "") else {
            throw unreadable("the answer's Expiration is not an ISO 8601 time")
        }
        return FoundCredentials(
            Credentials(
                accessKeyID: fields["AccessKeyId"] ?? "", secretAccessKey: Secret(fields["SecretAccessKey"] ?? ""),
                sessionToken: Secret(fields["SessionToken"] ?? "")),
            expiration: end, origin: origin)
    }
}

/// A request's body: `Action=…&Version=…&…`
private struct Form {
    let action: String
    private(set) var bytes: [UInt8] = []

    init(action: String, _ session: STSClient.RoleSession) {
        self.action = action
        add("Action", action)
        add("Version", "2011-06-15")
        add("RoleArn", session.role)
        add("RoleSessionName", session.name)
        add("DurationSeconds", session.duration.map { "\($0.components.seconds)" })
    }

    mutating func add(_ name: String, _ value: String?) {
        guard let value else { return }
        if !bytes.isEmpty { bytes.append(UInt8(ascii: "&")) }
        PercentEncoding.append(component: name, to: &bytes)
        bytes.append(UInt8(ascii: "="))
        PercentEncoding.append(component: value, to: &bytes)
    }
}

extension AWSError {
    /// The same error, saying for which credentials it was, without any of these secrets in what a service said.
    func told(of origin: String, hiding secrets: [Secret]) -> AWSError {
        AWSError(
            kind: kind, code: code, service: service, operation: operation, status: status, requestID: requestID,
            extendedRequestID: extendedRequestID, message: "\(origin): \(hiding(secrets, in: message))", hint: hint,
            isRetryable: isRetryable)
    }
}
