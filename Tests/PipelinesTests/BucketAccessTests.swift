import Testing

@testable import Pipelines

/// The role and the region of a pipeline's buckets.
struct BucketAccessTests {
    private func text(_ aws: String) -> String {
        pipelineText().replacing("then:", with: "aws: \(aws)\nthen:")
    }

    private static let role = "arn:aws:iam::123456789012:role/lazaret"

    @Test func `a pipeline names a role, an external ID and a region`() throws {
        let set = try load(text("{ role-arn: \"\(Self.role)\", external-id: acme/1, region: eu-west-1 }"))
        let access = set.pipelines[0].access
        #expect(access.role?.arn == Self.role && access.role?.externalID == "acme/1" && access.region == "eu-west-1")
        let region = try load(text("{ region: eu-west-1 }")).pipelines[0].access
        #expect(region.role == nil && !region.isOwn)
        #expect(try load(pipelineText()).pipelines[0].access.isOwn)
    }

    @Test(arguments: [
        "arn:aws:iam::123456789012:role/team/path/name", "arn:aws-cn:iam::123456789012:role/a+=,.@-_b",
        "arn:aws-us-gov:iam::123456789012:role/\(String(repeating: "n", count: 64))",
    ])
    func `roles have paths and partitions`(arn: String) throws {
        #expect(try load(text("{ role-arn: \"\(arn)\" }")).pipelines[0].access.role?.arn == arn)
    }

    @Test(arguments: [
        ("{}", "aws: an empty mapping; expected role-arn, region, or both"),
        ("[1]", "aws: found a list, expected a mapping with role-arn, external-id, region"),
        ("{ role: x }", "aws.role: unknown key 'role'"),
        ("{ external-id: acme }", "aws.external-id: needs role-arn beside it"),
        ("{ role-arn: lazaret }", "aws.role-arn: found 'lazaret', expected the ARN of a role"),
        ("{ role-arn: \"arn:aws:iam::1234:role/lazaret\" }", "expected the ARN of a role"),
        ("{ role-arn: \"arn:aws:iam::123456789012:user/lazaret\" }", "expected the ARN of a role"),
        ("{ role-arn: \"arn:aws:iam::123456789012:role/\" }", "expected the ARN of a role"),
        ("{ role-arn: \"arn:aws:iam::123456789012:role/a b\" }", "expected the ARN of a role"),
        ("{ role-arn: \"arn:aws:iam::123456789012:role/\(String(repeating: "n", count: 65))\" }", "the ARN of a role"),
        ("{ role-arn: \"arn:aws:sts::123456789012:role/lazaret\" }", "expected the ARN of a role"),
        ("{ role-arn: \"\(role)\", external-id: x }", "aws.external-id: found 'x', expected an external ID of 2"),
        ("{ role-arn: \"\(role)\", external-id: \"a&b\" }", "expected an external ID"),
        ("{ role-arn: \"\(role)\", external-id: \(String(repeating: "e", count: 1225)) }", "expected an external ID"),
        ("{ region: \"s3.evil.example/\" }", "aws.region: found 's3.evil.example/', expected a region"),
        ("{ region: -eu }", "expected a region"), ("{ region: \"\" }", "expected a region"),
    ])
    func `a mistake names its place`(_ aws: String, _ message: String) {
        let found = mistakes(text(aws))
        #expect(found.count == 1 && found.first?.contains(message) == true, "\(found)")
    }
}
