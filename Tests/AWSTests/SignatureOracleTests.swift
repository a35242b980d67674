import Domain
import Foundation
import HTTP
import Support
import TestKit
import Testing

@testable import AWS

/// Compares signatures with those of botocore, the AWS SDK for Python.
@Suite(.timeLimit(.minutes(1))) struct SignatureOracleTests {
    private struct Case: Decodable {
        struct Pair: Decodable {
            let name: String
            let value: String?
        }

        let service: String
        let region: String
        let method: String
        let host: String
        let path: String
        let query: [Pair]
        let headers: [Pair]
        let body: String
        let token: String?
        let time: String
        let url: String
        let authorization: String
    }

    @Test(arguments: [1, 20_261_121])
    func `signatures equal those of botocore`(seed: Int) async throws {
        let script = Project.fixture("aws/sign_oracle.py")
        let oracle = try HelperProcess(HelperProcess.venv("python"), [script, "400", "\(seed)"])
        let output = await oracle.wholeOutput()
        oracle.end()
        let cases = try output.utf8.split(separator: 0x0A).map { line in
            try JSONDecoder().decode(Case.self, from: Data(line))
        }
        try #require(cases.count == 400, "the oracle failed: \(output.suffix(2000))")
        for one in cases {
            let service = try #require(AWSService(rawValue: one.service))
            var path: [UInt8] = []
            PercentEncoding.append(path: one.path.utf8, to: &path)
            let encodedPath = String(decoding: path, as: UTF8.self)
            let signer = Signer(service: service, region: one.region)
            let address = AWSCall.Address(origin: "https://\(one.host)", host: one.host, path: encodedPath)
            var call = AWSCall("Test", signer: signer, method: one.method, address: address)
            for item in one.query { call.addQuery(item.name, item.value) }
            #expect(call.url.utf8.elementsEqual(one.url.utf8), "\(call.url) \(one.url)")
            let credentials = Credentials(
                accessKeyID: "AKIDEXAMPLE", secretAccessKey: Secret("wJalr/secret+KEY"),
                sessionToken: one.token.map { Secret($0) })
            let signed = signer.sign(
                method: one.method, host: one.host, path: encodedPath, query: call.query,
                headers: one.headers.map { HTTPHeader($0.name, $0.value ?? "") }, body: Array(one.body.utf8),
                credentials: credentials, at: try #require(Timestamp(iso8601: one.time)))
            #expect(signed.last?.name == "authorization")
            #expect(signed.last?.value == one.authorization, "\(one)")
        }
    }

    @Test func `the cached key is replaced for another day or other credentials`() throws {
        func authorization(_ signer: Signer, _ secret: String, _ time: String) throws -> String? {
            signer.sign(
                method: "GET", host: "h", path: "/", query: "", headers: [], body: [],
                credentials: Credentials(accessKeyID: "A", secretAccessKey: Secret(secret)),
                at: try #require(Timestamp(iso8601: time))
            ).last?.value
        }
        let shared = Signer(service: .s3, region: "eu-central-1")
        for (secret, time) in [
            ("s", "2026-11-21T23:59:59Z"), ("s", "2026-11-22T00:00:00Z"), ("t", "2026-11-22T00:00:00Z"),
            ("s", "2026-11-21T00:00:00Z"),
        ] {
            let fresh = Signer(service: .s3, region: "eu-central-1")
            #expect(try authorization(shared, secret, time) == authorization(fresh, secret, time))
        }
    }
}
