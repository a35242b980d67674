import AWS
import Domain
import TestKit
import Testing

@Suite(.timeLimit(.minutes(1))) struct PresentObjectsTests {
    private static let versioned = "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>"
    private static let unversioned = "<VersioningConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"/>"

    private func pages(_ fixture: AWSClientFixture, startAfter: String? = nil) async throws -> [[ListedObject]] {
        var listing = try await PresentObjects(of: "b", prefix: "p/", startAfter: startAfter, by: fixture.s3)
        var pages: [[ListedObject]] = []
        while let page = try await listing.nextPage() { pages.append(page) }
        return pages
    }

    @Test func `a versioned bucket lists the latest versions with their IDs`() async throws {
        let answers = [
            Self.versioned,
            """
            <ListVersionsResult><IsTruncated>true</IsTruncated>
            <Version><Key>p/a%0A+b%2B</Key><VersionId>v2</VersionId><IsLatest>true</IsLatest><Size>3</Size>
            <ETag>&quot;e&quot;</ETag><LastModified>2026-11-21T08:09:10.000Z</LastModified></Version>
            <Version><Key>p/a%0A+b%2B</Key><VersionId>v1</VersionId><IsLatest>false</IsLatest><Size>2</Size></Version>
            <DeleteMarker><Key>p/c</Key><VersionId>v4</VersionId><IsLatest>true</IsLatest></DeleteMarker>
            <Version><Key>p/c</Key><VersionId>v3</VersionId><IsLatest>false</IsLatest><Size>1</Size></Version>
            <NextKeyMarker>p/c%2B+</NextKeyMarker><NextVersionIdMarker>v3</NextVersionIdMarker>
            <EncodingType>url</EncodingType></ListVersionsResult>
            """,
            """
            <ListVersionsResult><IsTruncated>true</IsTruncated><NextKeyMarker>p/d</NextKeyMarker>
            <NextVersionIdMarker>null</NextVersionIdMarker></ListVersionsResult>
            """,
            """
            <ListVersionsResult><IsTruncated>false</IsTruncated><Version><Key>p/e</Key><VersionId>null</VersionId>
            <IsLatest>true</IsLatest><Size>0</Size></Version></ListVersionsResult>
            """,
        ]
        let fixture = try AWSClientFixture { .status(200, answers[$0.index]) }
        defer { fixture.server.stop() }
        let pages = try await pages(fixture, startAfter: "p/ü")
        #expect(pages.map { $0.map(\.key.text) } == [["p/a\n b+"], [], ["p/e"]])
        #expect(pages.flatMap { $0 }.map(\.versionID) == ["v2", nil])
        #expect(pages[0][0].etag == "e" && pages[0][0].size == 3)
        #expect(pages[0][0].lastModified == Timestamp(iso8601: "2026-11-21T08:09:10Z"))
        let start = "versions&encoding-type=url&max-keys=1000&prefix=p%2F&key-marker="
        #expect(
            fixture.server.requests.map(\.query) == [
                "versioning", start + "p%2F%C3%BC", start + "p%2Fc%2B%20&version-id-marker=v3",
                start + "p%2Fd&version-id-marker=null",
            ])
    }

    @Test func `an unversioned bucket lists its objects`() async throws {
        let answers = [
            Self.unversioned,
            """
            <ListBucketResult><IsTruncated>true</IsTruncated><Contents><Key>p/a</Key><Size>3</Size></Contents>
            <NextContinuationToken>n</NextContinuationToken></ListBucketResult>
            """,
            "<ListBucketResult><Contents><Key>p/b</Key><Size>0</Size></Contents></ListBucketResult>",
        ]
        let fixture = try AWSClientFixture { .status(200, answers[$0.index]) }
        defer { fixture.server.stop() }
        let pages = try await pages(fixture, startAfter: "p/9")
        #expect(pages.map { $0.map(\.key.text) } == [["p/a"], ["p/b"]])
        #expect(pages.flatMap { $0 }.allSatisfy { $0.versionID == nil })
        #expect(fixture.server.requests[1].query.hasSuffix("&start-after=p%2F9"))
    }

    @Test(arguments: [
        "<html/>", "<ListVersionsResult><IsTruncated>true</IsTruncated></ListVersionsResult>",
        "<ListVersionsResult><Version><IsLatest>true</IsLatest><Size>1</Size></Version></ListVersionsResult>",
        "<ListVersionsResult><Version><IsLatest>true</IsLatest><Key>k</Key></Version></ListVersionsResult>",
    ])
    func `an invalid listing of versions is an error`(body: String) async throws {
        let fixture = try AWSClientFixture {
            $0.query == "versioning" ? .status(200, Self.versioned) : .status(200, body)
        }
        defer { fixture.server.stop() }
        let error = await #expect(throws: AWSError.self) { try await pages(fixture) }
        #expect(error?.code == "UnreadableAnswer")
    }

    @Test func `an unreadable versioning status is an error`() async throws {
        let fixture = try AWSClientFixture { _ in .status(200, "<html/>") }
        defer { fixture.server.stop() }
        let error = await #expect(throws: AWSError.self) { try await pages(fixture) }
        #expect(error?.code == "UnreadableAnswer")
        #expect(fixture.server.requests.map(\.query) == ["versioning"])
    }

    @Test func `a HEAD returns the object's lock`() async throws {
        let fixture = try AWSClientFixture { request in
            switch request.path {
            case "/b/held": .status(200, headers: [("x-amz-object-lock-legal-hold", "ON")])
            case "/b/kept": .status(200, headers: [("x-amz-object-lock-retain-until-date", "2030-01-01T00:00:00Z")])
            default: .status(200, headers: [("x-amz-object-lock-legal-hold", "OFF")])
            }
        }
        defer { fixture.server.stop() }
        func lock(_ key: String) async throws -> ObjectLock? {
            try await fixture.s3.head(
                ObjectVersion(bucket: "b", key: ObjectKey(key)!, versionID: nil, etag: nil)
            ).lock
        }
        let end = Timestamp(iso8601: "2030-01-01T00:00:00Z")!
        #expect(try await lock("held")?.holds(at: end) == true)
        let kept = try await lock("kept")
        #expect(kept?.holds(at: end.advanced(by: .seconds(-1))) == true && kept?.holds(at: end) == false)
        #expect(try await lock("free") == nil)
    }
}
