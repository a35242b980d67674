internal import Domain
internal import FoundationEssentials
internal import Support

/// Credentials as JSON, as returned by container endpoints, the instance metadata service and credential processes.
struct CredentialDocument: Decodable {
    let version: Int?
    /// `Success`, or an error code.
    let code: String?
    let message: String?
    let accessKeyID: String?
    let secretAccessKey: String?
    let token: String?
    let sessionToken: String?
    let expiration: String?

    private enum CodingKeys: String, CodingKey {
        case version = "Version"
        case code = "Code"
        case message = "Message"
        case lowercaseCode = "code"
        case lowercaseMessage = "message"
        case accessKeyID = "AccessKeyId"
        case secretAccessKey = "SecretAccessKey"
        case token = "Token"
        case sessionToken = "SessionToken"
        case expiration = "Expiration"
    }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        func text(_ key: CodingKeys) throws -> String? { try fields.decodeIfPresent(String.self, forKey: key) }
        version = try fields.decodeIfPresent(Int.self, forKey: .version)
        code = try text(.code) ?? text(.lowercaseCode)
        message = try text(.message) ?? text(.lowercaseMessage)
        accessKeyID = try text(.accessKeyID)
        secretAccessKey = try text(.secretAccessKey)
        token = try text(.token)
        sessionToken = try text(.sessionToken)
        expiration = try text(.expiration)
    }

    /// Decodes a document. The error quotes nothing of it, since it may contain a secret.
    static func read(_ body: [UInt8], from origin: String) throws(AWSError) -> CredentialDocument {
        do {
            return try JSONDecoder().decode(CredentialDocument.self, from: Data(body))
        } catch {
            throw AWSError(unusable: origin, "its response of \(body.count) bytes is not a JSON object of credentials")
        }
    }

    /// - Parameter needsExpiration: whether credentials without an expiration are an error.
    func credentials(
        origin: String, sessionToken: String?, needsExpiration: Bool, mayOutliveExpiration: Bool = false
    ) throws(AWSError) -> ResolvedCredentials {
        guard let id = accessKeyID, !id.isEmpty, let secret = secretAccessKey, !secret.isEmpty else {
            let missing = accessKeyID?.isEmpty != false ? "AccessKeyId" : "SecretAccessKey"
            throw AWSError(unusable: origin, "its response has no \(missing)")
        }
        var end: Timestamp?
        if let expiration, !expiration.isEmpty {
            end = Timestamp(withOffset: expiration)
            if end == nil { throw AWSError(unusable: origin, "its Expiration is not an ISO 8601 time") }
        } else if needsExpiration {
            throw AWSError(unusable: origin, "its response has no Expiration")
        }
        let token = sessionToken.flatMap { $0.isEmpty ? nil : Secret($0) }
        return ResolvedCredentials(
            Credentials(accessKeyID: id, secretAccessKey: Secret(secret), sessionToken: token), expiration: end,
            origin: origin, mayOutliveExpiration: mayOutliveExpiration)
    }
}

extension AWSError {
    /// The error of a source whose response has no usable credentials.
    init(unusable origin: String, _ reason: String, hint: String? = nil, isRetryable: Bool = false) {
        self.init(
            kind: .credentials, code: "UnusableCredentials", message: "\(origin): \(reason)",
            hint: hint ?? "Check the source of these credentials: call it by hand, and read its log.",
            isRetryable: isRetryable)
    }
}

extension Timestamp {
    /// Parses ISO 8601 in UTC or with an offset: `2026-11-21T08:09:10Z`, `2026-11-21T09:09:10.5+01:00`.
    init?(withOffset text: String) {
        if let plain = Timestamp(iso8601: text) {
            self = plain
            return
        }
        guard let sign = text.lastIndex(where: { $0 == "+" || $0 == "-" }), text[..<sign].contains("T") else {
            return nil
        }
        let digits = text[text.index(after: sign)...].filter { $0 != ":" }
        guard digits.utf8.count == 4, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(digits),
            number / 100 < 24, number % 100 < 60, let local = Timestamp(iso8601: text[..<sign] + "Z")
        else { return nil }
        let offset = Duration.seconds((number / 100 * 60 + number % 100) * 60)
        self = local.advanced(by: text[sign] == "+" ? .zero - offset : offset)
    }
}
