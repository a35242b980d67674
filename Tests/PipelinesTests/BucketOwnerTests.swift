import Testing

@testable import Pipelines

/// The accounts that buckets must be of.
struct BucketOwnerTests {
    private func text(_ owner: String, name: String = "one", prefix: String = "a/") -> String {
        pipelineText(
            name: name, match: "{ bucket: incoming, prefix: \(prefix) }",
            clean: "{ move: \"s3://media/\(prefix){rest}\" }",
            infected: "{ quarantine: \"s3://evidence/{job}\" }"
        ).replacing("then:", with: "expected-bucket-owner: \(owner)\nthen:")
    }

    @Test func `one account is that of all buckets`() throws {
        let set = try load(text("012345678901"))
        let expected = ["incoming": "012345678901", "media": "012345678901", "evidence": "012345678901"]
        #expect(set.bucketOwners == expected)
        #expect(try load(pipelineText()).bucketOwners.isEmpty)
    }

    @Test func `buckets may be of different accounts`() throws {
        let set = try load(text("{ incoming: \"111111111111\", evidence: 222222222222 }"))
        #expect(set.bucketOwners == ["incoming": "111111111111", "evidence": "222222222222"])
    }

    @Test(arguments: [
        ("12345", "1.yaml:3:24: expected-bucket-owner: found '12345', expected the 12 digits of an AWS account"),
        ("arn:aws:iam::123456789012:root", "expected the 12 digits of an AWS account"),
        ("[1]", "expected-bucket-owner: found a list, expected the 12 digits"),
        ("{ medai: \"111111111111\" }", "expected-bucket-owner.medai: the pipeline has no bucket 'medai'"),
        ("{ media: 1 }", "1.yaml:3:33: expected-bucket-owner.media: found '1', expected the 12 digits"),
    ])
    func `a mistake names its place`(_ owner: String, _ message: String) {
        let found = mistakes(text(owner))
        #expect(found.count == 1 && found.first?.contains(message) == true, "\(found)")
    }

    @Test func `two pipelines that differ about the owner of a bucket are refused`() {
        let found = mistakes(
            text("111111111111"), text("{ media: \"222222222222\" }", name: "two", prefix: "b/"))
        #expect(found.count == 1, "\(found)")
        #expect(
            found.first?.contains("the pipeline at 1.yaml:3 expects 'media' to be of the account 111111111111") == true)
    }
}
