import TestKit
import Testing

extension EndToEnd {
    /// What `lazaret check` reports about a source bucket.
    @Suite struct SourceBucketChecks {
        private func check(_ station: StationFixture, endpoint: String? = nil) async throws -> String {
            var environment = station.stack.environment
            environment["AWS_ENDPOINT_URL_S3"] = endpoint
            let exit = try await Program(
                StationFixture.lazaret,
                [
                    "check", "--queue", station.queue.url, "--pipelines", station.folder.path + "/pipelines",
                    "--ledger",
                    station.ledger, "--signatures", StationFixture.signatures, "--spool", station.folder.path,
                ], environment: environment
            ).exit(within: .seconds(60))
            return exit.standardOutput
        }

        @Test func `a store that honours conditional deletes is reported as such`() async throws {
            let station = try await StationFixture("check-deletes", route: nil)
            let lines = try await check(station).split(separator: "\n")
            #expect(
                lines.contains {
                    $0.contains("bucket check-deletes-incoming")
                        && $0.hasSuffix("reachable; conditional deletes: honoured")
                })
            // Whether deletes are conditional matters only where the uploads are.
            #expect(lines.contains { $0.contains("bucket check-deletes-media") && $0.hasSuffix("reachable") })
        }

        @Test(arguments: [true, false]) func `the check leaves no delete marker in a bucket that had versioning`(
            isSuspended: Bool
        )
            async throws
        {
            let station = try await StationFixture("check-deletes-\(isSuspended)", versioned: true, route: nil)
            if isSuspended { try await station.cloud.suspendVersions(station.incoming) }
            let output = try await check(station)
            #expect(
                output.contains(
                    "reachable; \(isSuspended ? "conditional deletes: honoured" : "deletes: by version ID")"),
                "\(output)")
            #expect(try await station.cloud.versions(station.incoming).isEmpty)
        }

        @Test(arguments: [
            (ScriptedAnswer.status(204), "conditional deletes: not honoured, so each delete follows a HEAD"),
            (.s3(501, "NotImplemented"), "conditional deletes: not honoured, so each delete follows a HEAD"),
            (.s3(404, "NoSuchKey"), "conditional deletes: unknown (the store answers 404 to every delete"),
        ])
        func `a store that does not honour conditional deletes is reported with the reason`(
            answer: ScriptedAnswer, expected: String
        ) async throws {
            let station = try await StationFixture("check-deletes-\(answer.status)", route: nil)
            let server = try ScriptedServer { request in
                switch request.method {
                case "DELETE": answer
                case "GET": .status(200, "<VersioningConfiguration/>")
                default: .status(200)
                }
            }
            defer { server.stop() }
            let output = try await check(station, endpoint: server.url)
            #expect(output.contains(expected), "\(output)")
            #expect(output.contains("ok    bucket check-deletes-\(answer.status)-incoming"))
        }

        @Test(arguments: [
            (false, "WARNING: s3:GetObjectTagging denied, so copies may lose the tags of their uploads"),
            (true, "WARNING: s3:GetObjectTagging and s3:GetObjectVersionTagging denied, so copies may lose"),
        ])
        func `unreadable tags are a warning`(isVersioned: Bool, expected: String) async throws {
            let station = try await StationFixture("check-tags-\(isVersioned)", versioned: isVersioned, route: nil)
            let proxy = try FaultProxy(to: station.stack)
            defer { proxy.stop() }
            let denial = proxy.add(.getObjectTagging, .error(403, "AccessDenied"))
            let output = try await check(station, endpoint: proxy.url)
            #expect(output.contains(expected), "\(output)")
            #expect(output.contains("ok    bucket check-tags-\(isVersioned)-incoming"))
            #expect(denial.hits.count == (isVersioned ? 2 : 1))
        }

        /// A version stays what it was; the tags of an object without versions may meet another upload.
        @Test(arguments: [
            (true, "refuse", "ok    tags of rules", Int32(0)),
            (false, "accept-race", "WARNING: check-in-place-false-accept-race-incoming has no versions", 0),
            (false, "refuse", "FAIL  tags of rules", 78),
        ])
        func `tags in place need versions or a pipeline that accepts the race`(
            isVersioned: Bool, word: String, expected: String, status: Int32
        ) async throws {
            let name = "check-in-place-\(isVersioned)-\(word)"
            let station = try await StationFixture(name, versioned: isVersioned, route: nil)
            try station.write(
                rules: """
                    pipeline: rules
                    match: { bucket: \(station.incoming), prefix: uploads/ }
                    unversioned: \(word)
                    then:
                      clean:       { tag: { scan: clean } }
                      infected:    { tag: { scan: infected } }
                      unscannable: keep
                      rejected:    keep
                    """)
            #expect(try await check(station).contains(expected))
            guard status != 0 else { return }
            let worker = try station.startWorker()
            let exit = try await worker.exit(within: .seconds(60))
            #expect(exit.ending == .code(status))
            #expect(exit.standardError.contains("unversioned: accept-race"))
        }
    }
}
