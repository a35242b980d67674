import Domain
import TestKit
import Testing
import Transfer
import Worker

/// Whose storage class and KMS key a promoted object has.
@Suite(.timeLimit(.minutes(1))) struct PromotedStorageTests {
    private static let headers = [
        ("x-amz-storage-class", "STANDARD_IA"), ("x-amz-server-side-encryption", "aws:kms"),
        ("x-amz-server-side-encryption-aws-kms-key-id", "key-1"),
    ]

    @Test(arguments: [false, true], [false, true])
    func `a promoted object has the destination's unless its pipeline asks for the source's`(
        keeps: Bool, inParts: Bool
    ) async throws {
        var copying = ObjectCopier.Configuration()
        if inParts { copying.multipartThreshold = 0 }
        let rules = keeps ? JobFixture.uploads.replacing("then:", with: "storage: source\nthen:") : JobFixture.uploads
        let fixture = try await FaultFixture(pipelines: rules, copying: copying)
        var stored = ScriptedS3.Object([1, 2, 3])
        stored.headers = Self.headers
        fixture.s3["inbox", "up/a"] = stored
        _ = await fixture.run(fixture.job())
        let request = try #require(fixture.s3.requests(inParts ? "CreateMultipartUpload" : "CopyObject").first)
        for (name, value) in Self.headers { #expect(request[name] == (keeps ? value : nil), "\(name)") }
    }
}
