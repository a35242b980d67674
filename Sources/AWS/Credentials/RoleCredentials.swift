package import Domain
package import HTTP
package import Support

/// A role that is assumed with the worker's own credentials.
package struct AssumedRole: Sendable, Hashable {
    package let arn: String
    package let externalID: String?
    /// What CloudTrail shows; of up to 64 letters, digits and `+=,.@-_`.
    package let sessionName: String

    /// - Parameter purpose: the end of the session's name; cut to the length that STS allows.
    package init(arn: String, externalID: String?, purpose: String) {
        self.arn = arn
        self.externalID = externalID
        sessionName = String("lazaret-\(purpose)".prefix(64))
    }
}

extension CredentialProviderChain {
    /// Creates a provider of a role's credentials, assumed with those of another provider.
    package convenience init(
        assuming role: AssumedRole, with base: any CredentialProvider, settings: AWSSettings, http: HTTPClient,
        clocks: Clocks = .system, jitter: @escaping @Sendable () -> Double = { .random(in: 0..<1) },
        onFailure: @escaping @Sendable (AWSError, _ expiration: Timestamp?) -> Void = { _, _ in }
    ) {
        let sts = STSClient(settings: settings, http: http, clocks: clocks, jitter: jitter)
        self.init(
            [RoleCredentials(sts: sts, base: base, role: role)], clocks: clocks, jitter: jitter, onFailure: onFailure)
    }
}

/// Credentials of a role (AssumeRole), assumed with those that a provider holds at each fetch.
private struct RoleCredentials: CredentialSource {
    let sts: STSClient
    let base: any CredentialProvider
    let role: AssumedRole

    func lookUp() async throws(AWSError) -> CredentialLookup {
        let held = try await base.credentials()
        do throws(AWSError) {
            return .found(try await assume(with: held))
        } catch {
            // As for S3: refused credentials are read again once.
            guard expiredCredentialCodes.contains(error.code), base.invalidate(held) else { throw error }
            return .found(try await assume(with: try await base.credentials()))
        }
    }

    private func assume(with held: Credentials) async throws(AWSError) -> ResolvedCredentials {
        let session = STSClient.RoleSession(role: role.arn, name: role.sessionName, externalID: role.externalID)
        do throws(AWSError) {
            return try await sts.assumeRole(session, with: held, origin: "role \(role.arn)")
        } catch {
            throw error.kind == .denied ? error.hinting(denial) : error
        }
    }

    private var denial: String {
        let condition = role.externalID.map { ", with the external ID \($0)" } ?? ""
        return
            "Allow the worker sts:AssumeRole on the role, and let the role's trust policy name the worker\(condition)."
    }
}

extension AWSError {
    fileprivate func hinting(_ hint: String) -> AWSError {
        AWSError(
            kind: kind, code: code, service: service, operation: operation, status: status, requestID: requestID,
            extendedRequestID: extendedRequestID, message: message, hint: hint, isRetryable: isRetryable)
    }
}
