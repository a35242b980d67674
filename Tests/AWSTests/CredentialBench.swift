import Domain
import HTTP
import Support
import TestKit

@testable import AWS

/// Sources of credentials over a scripted endpoint, with a clock that a test moves. Instance metadata is turned off unless a test
/// gives its endpoint, so that no test can ask the real one.
struct CredentialBench {
    static let start = Timestamp(iso8601: "2026-11-21T08:00:00Z")!

    let server: ScriptedServer
    let folder: TemporaryDirectory
    let time = MovingTime(start)

    init(_ answer: @escaping @Sendable (ScriptedRequest) -> ScriptedAnswer = { _ in .status(404) }) throws {
        server = try ScriptedServer(answer)
        folder = try TemporaryDirectory()
    }

    func chain(
        _ environment: [String: String] = [:], config: String = "", credentials: String = "",
        onFailure: @escaping @Sendable (AWSError, Timestamp?) -> Void = { _, _ in }
    ) throws -> CredentialChain {
        var variables = [
            "AWS_REGION": "eu-central-1", "AWS_ENDPOINT_URL_STS": server.url, "PATH": "/usr/bin:/bin",
            "AWS_CONFIG_FILE": try folder.write(config, to: "config"),
            "AWS_SHARED_CREDENTIALS_FILE": try folder.write(credentials, to: "credentials"),
        ].merging(environment) { $1 }
        if variables["AWS_EC2_METADATA_SERVICE_ENDPOINT"] == nil { variables["AWS_EC2_METADATA_DISABLED"] = "true" }
        return CredentialChain(
            environment: variables, settings: try AWSSettings(environment: variables), http: try HTTPClient(),
            clock: time.clock, onFailure: onFailure)
    }

    /// What a chain made so ends with.
    func failure(
        _ environment: [String: String] = [:], config: String = "", credentials: String = ""
    ) async throws -> AWSError? {
        let chain = try chain(environment, config: config, credentials: credentials)
        return await awsError { _ = try await chain.found() }
    }
}

/// A clock for a client: it stands still but for the test, and nobody ever sleeps on it.
final class MovingTime: Sendable {
    private let now: Locked<Timestamp>

    init(_ start: Timestamp) { now = Locked(start) }

    func advance(by duration: Duration) { now.withLock { $0 = $0.advanced(by: duration) } }

    var clock: ClientClock {
        ClientClock(now: { self.now.withLock { $0 } }, sleep: { _ in try Task.checkCancellation() }, dice: { 0 })
    }
}

/// What STS answers to AssumeRole and its kin.
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

/// What containers' endpoints and the instance metadata service give.
func credentialJSON(
    id: String = "ASIALOCAL", secret: String = "localsecret", until: String = "2026-11-21T14:00:00Z"
) -> String {
    #"{"Code":"Success","AccessKeyId":"\#(id)","SecretAccessKey":"\#(secret)","Token":"localtoken","Expiration":"\#(until)"}"#
}

extension ScriptedRequest {
    /// The fields of a form in the body.
    var form: [String: String] {
        var fields: [String: String] = [:]
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            fields[String(parts[0])] = parts.count > 1 ? PercentEncoding.decoded(String(parts[1])) : ""
        }
        return fields
    }
}
