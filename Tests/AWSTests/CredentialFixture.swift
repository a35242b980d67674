import Domain
import HTTP
import Support
import TestKit

@testable import AWS

/// Credential sources over a scripted endpoint, with a clock that the test advances. Instance metadata is disabled
/// unless a test sets its endpoint, so that no test calls the real one.
struct CredentialFixture {
    static let start = Timestamp(iso8601: "2026-11-21T08:00:00Z")!

    let server: ScriptedServer
    let folder: TemporaryDirectory
    let time = ManualWallClock(start)

    init(_ answer: @escaping @Sendable (ScriptedRequest) -> ScriptedAnswer = { _ in .status(404) }) throws {
        server = try ScriptedServer(answer)
        folder = try TemporaryDirectory()
    }

    func chain(
        _ environment: [String: String] = [:], config: String = "", credentials: String = "",
        onFailure: @escaping @Sendable (AWSError, Timestamp?) -> Void = { _, _ in }
    ) throws -> CredentialProviderChain {
        var variables = [
            "AWS_REGION": "eu-central-1", "AWS_ENDPOINT_URL_STS": server.url, "PATH": "/usr/bin:/bin",
            "AWS_CONFIG_FILE": try folder.write(config, to: "config"),
            "AWS_SHARED_CREDENTIALS_FILE": try folder.write(credentials, to: "credentials"),
        ].merging(environment) { $1 }
        if variables["AWS_EC2_METADATA_SERVICE_ENDPOINT"] == nil { variables["AWS_EC2_METADATA_DISABLED"] = "true" }
        return CredentialProviderChain(
            environment: variables, settings: try AWSSettings(environment: variables), http: try HTTPClient(),
            clocks: time.clocks, jitter: { 0 }, onFailure: onFailure)
    }

    /// Returns the error of a chain with these settings.
    func failure(
        _ environment: [String: String] = [:], config: String = "", credentials: String = ""
    ) async throws -> AWSError? {
        let chain = try chain(environment, config: config, credentials: credentials)
        return await awsError { _ = try await chain.resolve() }
    }
}

/// A wall clock that the test advances. Sleeping on the monotonic clock beside it returns at once.
final class ManualWallClock: Sendable {
    private let now: Locked<Timestamp>

    init(_ start: Timestamp) { now = Locked(start) }

    func advance(by duration: Duration) { now.withLock { $0 = $0.advanced(by: duration) } }

    var clocks: Clocks {
        Clocks(monotonic: MonotonicClock(SleeplessClock()), wall: { self.now.withLock { $0 } })
    }
}

/// A response of STS to AssumeRole or AssumeRoleWithWebIdentity.
func stsAnswer(
    _ action: String = "AssumeRole", id: String = "ASIAROLE", secret: String = "rolesecret",
    token: String = "roletoken",
    until: String = "2026-11-21T09:00:00Z"
) -> ScriptedAnswer {
    .status(
        200,
        """
        <\(action)Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><\(action)Result>
        <AssumedRoleUser><Arn>arn:aws:sts::1:assumed-role/x/y</Arn></AssumedRoleUser>
        <Credentials><AccessKeyId>\(id)</AccessKeyId><SecretAccessKey>\(secret)</SecretAccessKey>
        <SessionToken>\(token)</SessionToken><Expiration>\(until)</Expiration></Credentials>
        </\(action)Result></\(action)Response>
        """)
}

func stsRefusal(_ status: Int, _ code: String, _ message: String = "no") -> ScriptedAnswer {
    .status(status, "<ErrorResponse><Error><Code>\(code)</Code><Message>\(message)</Message></Error></ErrorResponse>")
}

/// A response of a container endpoint or the instance metadata service.
func credentialJSON(
    id: String = "ASIALOCAL", secret: String = "localsecret", until: String = "2026-11-21T14:00:00Z"
) -> String {
    #"{"Code":"Success","AccessKeyId":"\#(id)","SecretAccessKey":"\#(secret)","Token":"localtoken","Expiration":"\#(until)"}"#
}

extension ScriptedRequest {
    /// The fields of a form-encoded body.
    var form: [String: String] {
        var fields: [String: String] = [:]
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            fields[String(parts[0])] = parts.count > 1 ? PercentEncoding.decoded(String(parts[1])) : ""
        }
        return fields
    }
}
