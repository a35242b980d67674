import AWS
import Domain
import Glibc
import HTTP
import Support
import TestKit
import Testing

/// Runs against `rclone serve s3`, which verifies every signature.
@Suite(.timeLimit(.minutes(1))) struct RcloneTests {
    private func start(_ folder: TemporaryDirectory) async throws -> (HelperProcess, String) {
        for name in ["/bucket", "/bucket/with space", "/bucket/ünï", "/bucket/ünï/日本"] {
            guard mkdir(folder.path + name, 0o700) == 0 else { throw SystemError("mkdir") }
        }
        for (number, name) in Self.keys.enumerated() {
            let file = try #require(fopen("\(folder.path)/bucket/\(name)", "we"))
            defer { fclose(file) }
            fputs(Self.text(number, name), file)
        }
        let rclone = try HelperProcess(
            HelperProcess.venv("rclone"),
            [
                "serve", "s3", folder.path, "--addr", "127.0.0.1:0", "--auth-key", "AKID,the/secret+key",
                "--vfs-cache-mode", "off",
                "-v", "--config", "/dev/null",
            ])
        let line = try #require(await rclone.line(containing: "http://127.0.0.1:"))
        let start = try #require(line.firstRange(of: "http://")).upperBound
        return (rclone, String(line[start...].prefix { $0 != "/" && $0 != "]" }))
    }

    private func client(_ host: String, secret: String) throws -> S3Client {
        let environment = ["AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL_S3": "http://\(host)"]
        return S3Client(
            client: AWSClient(
                settings: try AWSSettings(environment: environment, read: { _ in nil }),
                credentials: StaticCredentialProvider(
                    Credentials(accessKeyID: "AKID", secretAccessKey: Secret(secret))),
                http: try HTTPClient()))
    }

    private static let keys = [
        "plain.txt", "with space/and+plus.txt", "per%cent%20.txt", "ünï/日本/\u{1F600}.png", "a=b&c?d#e;f,g.txt",
        "~tilde'(x)!*.txt",
        "quote\"<>|\\^`{}[]@:$.txt", "composed-\u{E9}.txt", "dots...and..more.txt",
    ]

    private static func text(_ number: Int, _ name: String) -> String { "body \(number) of \(name)" }

    @Test func `every operation is signed correctly for every key`() async throws {
        let folder = try TemporaryDirectory()
        let (rclone, host) = try await start(folder)
        defer { rclone.end() }
        let s3 = try client(host, secret: "the/secret+key")
        try await s3.headBucket("bucket")
        for (number, name) in Self.keys.enumerated() {
            let body = Array(Self.text(number, name).utf8)
            let head = try await s3.head(version(name))
            #expect(head.contentLength == Int64(body.count))
            let state = version(name, etag: head.etag)

            let whole = MemorySink()
            _ = try await s3.get(state, range: nil, into: whole)
            #expect(whole.bytes == body)
            let part = MemorySink()
            let partHead = try await s3.get(state, range: 2..<6, into: part)
            #expect(part.bytes == Array(body[2..<6]))
            #expect(partHead.contentRange == ContentRange(first: 2, last: 5, total: Int64(body.count)))

            let copyKey = try #require(ObjectKey("copies/\(name)"))
            let copy = ObjectCopy(source: state, destination: ObjectLocation(bucket: "bucket", key: copyKey))
            #expect(try await !s3.copy(copy).etag.isEmpty)
            let copied = MemorySink()
            _ = try await s3.get(version(copyKey.text), range: nil, into: copied)
            #expect(copied.bytes == body)
        }
        let listed = try await s3.list(bucket: "bucket", prefix: "copies/").objects.map(\.key.text)
        #expect(Set(listed.map { Array($0.utf8) }) == Set(Self.keys.map { Array("copies/\($0)".utf8) }))

        for name in Self.keys {
            let key = try #require(ObjectKey("copies/\(name)"))
            try await s3.delete(ObjectDeletion(ObjectLocation(bucket: "bucket", key: key)))
        }
        #expect(try await s3.list(bucket: "bucket", prefix: "copies/").objects.isEmpty)
        let gone = await awsError { _ = try await s3.head(version("copies/plain.txt")) }
        #expect(gone?.kind == .notFound)
    }

    @Test func `a wrong secret is rejected`() async throws {
        let folder = try TemporaryDirectory()
        let (rclone, host) = try await start(folder)
        defer { rclone.end() }
        let s3 = try client(host, secret: "another secret")
        let error = await awsError {
            try await s3.setTags([Tag(key: "k", value: "v")], of: version("plain.txt"))
        }
        #expect(error?.status == 403)
        #expect(error?.kind == .credentials)
        #expect(error?.isRetryable == false)
    }
}
