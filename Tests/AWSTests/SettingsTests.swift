import Domain
import HTTP
import Support
import Testing

@testable import AWS

@Suite struct SettingsTests {
    private static let files = [
        "/home/u/.aws/config": """
        # a comment
        [default]
        region = eu-west-1   # of the office
        endpoint_url = http://default:1

        [profile work]\r
        region=eu-central-1\r
        max_attempts = 7
        ca_bundle = /etc/ca.pem
        services = local
        s3 =
            addressing_style = path
            region = nowhere-1
        ; another
        [profile  spaced name ]
        region = ap-south-1
        [services local]
        s3 =
          endpoint_url = http://127.0.0.1:9000/base/
        sqs =
        \tendpoint_url = http://127.0.0.1:9324
        [sso-session x]
        region = us-west-2
        [profile role]
        region = us-east-1
        role_arn = arn:aws:iam::1:role/x
        [profile quiet]
        region = us-east-1
        endpoint_url = http://quiet:1
        ignore_configured_endpoint_urls = true
        """,
        "/home/u/.aws/credentials": """
        [default]
        aws_access_key_id = DEFAULTID
        aws_secret_access_key = default/secret#not-a-comment
        [work]
        aws_access_key_id=WORKID
        aws_secret_access_key=worksecret
        aws_session_token = token==
        [half]
        aws_access_key_id = HALF
        """,
    ]

    private func settings(_ environment: [String: String]) throws(AWSError) -> AWSSettings {
        try AWSSettings(
            environment: environment.merging(["HOME": "/home/u"]) { one, _ in one }, read: { Self.files[$0] })
    }

    private func problem(_ environment: [String: String]) -> String {
        do throws(AWSError) {
            _ = try settings(environment)
            return ""
        } catch { return error.message }
    }

    @Test(arguments: [
        ([:], "eu-west-1"), (["AWS_PROFILE": "work"], "eu-central-1"),
        (["AWS_DEFAULT_PROFILE": "spaced name"], "ap-south-1"),
        (["AWS_PROFILE": "work", "AWS_DEFAULT_REGION": "us-west-2"], "us-west-2"),
        (["AWS_REGION": "cn-north-1", "AWS_DEFAULT_REGION": "us-west-2"], "cn-north-1"),
    ])
    func `the region comes from environment then profile`(environment: [String: String], region: String) throws {
        #expect(try settings(environment).region == region)
    }

    @Test(
        arguments: [
            (["AWS_PROFILE": "work"], "http://127.0.0.1:9000/base", "http://127.0.0.1:9324"),
            ([:], "http://default:1", "http://default:1"),
            (["AWS_PROFILE": "work", "AWS_ENDPOINT_URL": "http://all:2"], "http://all:2", "http://all:2"),
            (
                ["AWS_ENDPOINT_URL": "http://all:2", "AWS_ENDPOINT_URL_SQS": "https://SQS.local:443/"], "http://all:2",
                "https://sqs.local"
            ),
            (["AWS_ENDPOINT_URL_S3": "https://[::1]:9000"], "https://[::1]:9000", "http://default:1"),
            (["AWS_ENDPOINT_URL": "http://all:2", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "TRUE"], nil, nil),
            (["AWS_PROFILE": "quiet"], nil, nil),
            (["AWS_PROFILE": "role"], nil, nil),
        ] as [([String: String], String?, String?)])
    func `endpoints follow AWS's precedence`(environment: [String: String], s3: String?, sqs: String?) throws {
        let settings = try settings(environment)
        #expect(settings.s3Endpoint?.description == s3)
        #expect(settings.sqsEndpoint?.description == sqs)
    }

    @Test(
        arguments: [
            (["AWS_REGION": "eu-west-3"], "https://sts.eu-west-3.amazonaws.com", "eu-west-3"),
            (["AWS_REGION": "cn-north-1"], "https://sts.cn-north-1.amazonaws.com.cn", "cn-north-1"),
            (
                ["AWS_REGION": "eu-west-3", "AWS_STS_REGIONAL_ENDPOINTS": "legacy"], "https://sts.amazonaws.com",
                "us-east-1"
            ),
            (
                ["AWS_REGION": "eu-south-1", "AWS_STS_REGIONAL_ENDPOINTS": "legacy"],
                "https://sts.eu-south-1.amazonaws.com", "eu-south-1"
            ),
            (
                ["AWS_REGION": "eu-west-3", "AWS_STS_REGIONAL_ENDPOINTS": "regional"],
                "https://sts.eu-west-3.amazonaws.com", "eu-west-3"
            ),
            (["AWS_REGION": "eu-west-3", "AWS_ENDPOINT_URL_STS": "http://h:1/x"], "http://h:1/x", "eu-west-3"),
        ] as [([String: String], String, String)])
    func `the STS endpoint is regional unless configured otherwise`(
        environment: [String: String], endpoint: String, region: String
    ) throws {
        let sts = STSEndpoint(
            try settings(environment.merging(["AWS_CONFIG_FILE": "/none"]) { one, _ in one }))
        #expect(sts.endpoint.description == endpoint)
        #expect(sts.region == region)
        #expect(problem(["AWS_STS_REGIONAL_ENDPOINTS": "global"]).contains("AWS_STS_REGIONAL_ENDPOINTS"))
    }

    @Test func `other settings come from the environment, then the profile`() throws {
        let work = try settings(["AWS_PROFILE": "work"])
        #expect(work.maxAttempts == 7)
        #expect(work.caBundle == "/etc/ca.pem")
        #expect(work.httpConfiguration.caFile == "/etc/ca.pem")
        let overridden = try settings(["AWS_PROFILE": "work", "AWS_MAX_ATTEMPTS": "1", "AWS_CA_BUNDLE": "/ca"])
        #expect(overridden.maxAttempts == 1)
        #expect(overridden.caBundle == "/ca")
        #expect(try settings([:]).maxAttempts == 3)
    }

    @Test func `all problems are reported at once`() {
        let message = problem([
            "AWS_PROFILE": "nobody", "AWS_ENDPOINT_URL_S3": "localhost:9000", "AWS_MAX_ATTEMPTS": "zero",
        ])
        for part in [
            "AWS_PROFILE", "nobody", "/home/u/.aws/config", "AWS_REGION", "AWS_ENDPOINT_URL_S3", "AWS_MAX_ATTEMPTS",
        ] {
            #expect(message.contains(part))
        }
    }

    @Test func `a problem of all services is reported once`() {
        let message = problem(["AWS_REGION": "eu-west-3", "AWS_ENDPOINT_URL": "localhost:9000"])
        #expect(message.ranges(of: "AWS_ENDPOINT_URL is localhost:9000").count == 1)
    }

    @Test func `the error for a missing region says what to set`() {
        #expect(problem(["AWS_CONFIG_FILE": "/none"]).contains("set AWS_REGION"))
        #expect(problem(["AWS_REGION": "evil.example.com/"]).contains("not a region name"))
    }

    @Test(arguments: [
        "", "ftp://x", "http://", "http://h:0", "http://h:99999", "http://h?x", "http://u@h", "h:80", "http://a b",
    ])
    func `invalid endpoints are rejected`(url: String) {
        #expect(Endpoint(url) == nil)
    }

    // MARK: Credentials

    private func credentials(_ environment: [String: String]) async throws -> Credentials {
        let environment = environment.merging(["AWS_REGION": "us-east-1"]) { one, _ in one }
        let closed = environment.merging(["AWS_EC2_METADATA_DISABLED": "true"]) { $1 }
        return try await CredentialProviderChain(
            environment: closed, settings: settings(closed), http: HTTPClient()
        ).credentials()
    }

    @Test func `the environment comes before the files`() async throws {
        let found = try await credentials([
            "AWS_ACCESS_KEY_ID": "ENV", "AWS_SECRET_ACCESS_KEY": "envsecret", "AWS_SESSION_TOKEN": "t",
            "AWS_PROFILE": "work",
        ])
        #expect(
            found == Credentials(accessKeyID: "ENV", secretAccessKey: Secret("envsecret"), sessionToken: Secret("t")))
        #expect(!"\(found)".contains("envsecret"))
    }

    @Test func `each profile has its own credentials`() async throws {
        let standard = Credentials(accessKeyID: "DEFAULTID", secretAccessKey: Secret("default/secret#not-a-comment"))
        let work = Credentials(
            accessKeyID: "WORKID", secretAccessKey: Secret("worksecret"), sessionToken: Secret("token=="))
        #expect(try await credentials([:]) == standard)
        #expect(try await credentials(["AWS_PROFILE": "work"]) == work)
    }

    @Test(arguments: [
        (
            ["AWS_SHARED_CREDENTIALS_FILE": "/none"],
            ["AWS_ACCESS_KEY_ID", "profile default", "/none", "/home/u/.aws/config"]
        ),
        (["AWS_ACCESS_KEY_ID": "A", "AWS_PROFILE": "work"], ["AWS_SECRET_ACCESS_KEY"]),
        (["AWS_PROFILE": "half"], ["half", "aws_secret_access_key"]), (["AWS_PROFILE": "role"], ["role_arn"]),
    ])
    func `the error for missing credentials says what was searched`(environment: [String: String], parts: [String])
        async throws
    {
        let error = await #expect(throws: AWSError.self) { try await credentials(environment) }
        #expect(error?.kind == .credentials)
        for part in parts { #expect(error?.message.contains(part) == true) }
    }
}

@Suite struct AddressTests {
    private func settings(_ region: String, _ endpoint: String? = nil) throws -> AWSSettings {
        var environment = ["AWS_REGION": region]
        environment["AWS_ENDPOINT_URL"] = endpoint
        return try AWSSettings(environment: environment, read: { _ in nil })
    }

    @Test(
        arguments: [
            ("eu-central-1", nil, "bucket", "https://bucket.s3.eu-central-1.amazonaws.com/k"),
            ("cn-north-1", nil, "bucket", "https://bucket.s3.cn-north-1.amazonaws.com.cn/k"),
            ("us-gov-west-1", nil, "bucket", "https://bucket.s3.us-gov-west-1.amazonaws.com/k"),
            ("eu-central-1", nil, "a.bucket", "https://s3.eu-central-1.amazonaws.com/a.bucket/k"),
            ("eu-central-1", nil, "Old_Bucket", "https://s3.eu-central-1.amazonaws.com/Old_Bucket/k"),
            ("eu-central-1", "http://127.0.0.1:9000", "bucket", "http://127.0.0.1:9000/bucket/k"),
            ("eu-central-1", "https://s3.local:443/base/", "bucket", "https://s3.local/base/bucket/k"),
            ("eu-central-1", "http://h", "../x", "http://h/..%2Fx/k"),
        ] as [(String, String?, String, String)])
    func `bucket addresses depend on name, region and endpoint`(
        region: String, endpoint: String?, bucket: String, url: String
    ) throws {
        let addressing = S3Addressing(try settings(region, endpoint))
        let address = addressing.address(bucket: bucket, key: ObjectKey("k"))
        #expect(address.origin + address.path == url)
        #expect(address.origin.hasSuffix(address.host))
    }

    @Test(
        arguments: [
            ("https://sqs.eu-west-1.amazonaws.com/1/q", nil, "https://sqs.eu-west-1.amazonaws.com/", "eu-west-1"),
            ("https://us-west-2.queue.amazonaws.com/1/q", nil, "https://us-west-2.queue.amazonaws.com/", "us-west-2"),
            ("http://localhost:4566/1/q", nil, "http://localhost:4566/", "eu-central-1"),
            (
                "https://sqs.eu-west-1.amazonaws.com/1/q", "http://127.0.0.1:4566", "http://127.0.0.1:4566/",
                "eu-central-1"
            ),
            ("my-queue", nil, nil, "eu-central-1"), ("my-queue", "http://127.0.0.1:4566", nil, "eu-central-1"),
        ] as [(String, String?, String?, String)])
    func `queue endpoints depend on the URL and the configured endpoint`(
        queue: String, endpoint: String?, url: String?, region: String
    ) throws {
        let resolved = QueueEndpoint(queueURL: queue, settings: try settings("eu-central-1", endpoint))
        #expect(resolved.address.map { $0.origin + $0.path } == url)
        #expect(resolved.region == region)
    }
}
