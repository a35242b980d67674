import Foundation
import TestKit
import Testing

extension EndToEnd {
    /// `lazaret check` tries each permission that `run` needs.
    @Suite struct PermissionChecks {
        private func check(
            _ station: StationFixture, _ proxy: FaultProxy? = nil, _ flags: [String] = [],
            environment changes: [String: String] = [:]
        ) async throws -> Program.Exit {
            var environment = proxy?.environment ?? station.stack.environment
            environment.merge(changes) { $1 }
            return try await Program(
                StationFixture.lazaret,
                [
                    "check", "--queue", station.queue.url, "--pipelines", station.folder.path + "/pipelines",
                    "--ledger", station.ledger, "--signatures", StationFixture.signatures, "--spool",
                    station.folder.path,
                ] + flags, environment: environment, directory: station.folder.path
            ).exit(within: .seconds(60))
        }

        /// A call that is denied, whether it is one of a destination or of the source, and the permission.
        @Test(arguments: [
            (CloudOperation.getObject, "incoming", "s3:GetObject"),
            (.deleteObject, "incoming", "s3:DeleteObject"),
            (.uploadPart, "media", "s3:PutObject"),
            (.putObjectTagging, "media", "s3:PutObjectTagging"),
            (.getObject, "quarantine", "s3:GetObject"),
            (.deleteObject, "media", "s3:DeleteObject"),
            (.abortMultipartUpload, "media", "s3:AbortMultipartUpload"),
        ])
        func `a permission that is denied fails the check of its bucket`(
            operation: CloudOperation, bucket: String, permission: String
        ) async throws {
            let name = "check-denied-\(operation.rawValue.lowercased())-\(bucket)"
            let station = try await StationFixture(name)
            let proxy = try FaultProxy(to: station.stack)
            defer { proxy.stop() }
            proxy.add(operation, .error(403, "AccessDenied")) { $0.bucket == "\(name)-\(bucket)" }
            let exit = try await check(station, proxy)
            #expect(exit.ending == .code(78))
            #expect(exit.standardOutput.contains("FAIL  bucket \(name)-\(bucket)"), "\(exit.standardOutput)")
            #expect(exit.standardOutput.contains("denied: \(permission) on arn:aws:s3:::\(name)-\(bucket)/"))
            #expect(exit.standardError == "lazaret: 1 of 16 checks failed\n")
        }

        @Test(arguments: [true, false])
        func `a denied tagging fails the check of a pipeline that tags in place`(isRead: Bool) async throws {
            let name = "check-denied-tags-\(isRead)"
            let station = try await StationFixture(name, versioned: true)
            try station.write(
                rules: """
                    pipeline: rules
                    match: { bucket: INCOMING, prefix: uploads/ }
                    then:
                      clean:       { tag: { scan: clean } }
                      infected:    { tag: { scan: infected } }
                      unscannable: keep
                      rejected:    keep
                    """)
            let proxy = try FaultProxy(to: station.stack)
            defer { proxy.stop() }
            // What is kept is never deleted.
            proxy.add(.deleteObject, .error(403, "AccessDenied"))
            #expect(try await check(station, proxy).ending == .code(0))
            proxy.add(isRead ? .getObjectTagging : .putObjectTagging, .error(403, "AccessDenied"))
            let exit = try await check(station, proxy)
            #expect(exit.ending == .code(78))
            let action = isRead ? "Get" : "Put"
            for permission in ["s3:\(action)ObjectTagging", "s3:\(action)ObjectVersionTagging"] {
                #expect(exit.standardOutput.contains("denied: \(permission) on "), "\(exit.standardOutput)")
            }
        }

        @Test(arguments: [
            (CloudOperation.receiveMessage, "sqs:ReceiveMessage"), (.deleteMessage, "sqs:DeleteMessage"),
            (.changeMessageVisibility, "sqs:ChangeMessageVisibility"),
        ])
        func `a permission on the queue that is denied fails the check`(
            operation: CloudOperation, permission: String
        ) async throws {
            let station = try await StationFixture("check-denied-\(operation.rawValue.lowercased())")
            let proxy = try FaultProxy(to: station.stack)
            defer { proxy.stop() }
            proxy.add(operation, .answers(.status(403, #"{"__type":"AccessDeniedException"}"#)))
            let exit = try await check(station, proxy)
            #expect(exit.ending == .code(78))
            let line = "denied: \(permission) on \(station.queue.url)"
            #expect(exit.standardOutput.contains(line), "\(exit.standardOutput)")
        }

        @Test func `the check takes no message and leaves no object`() async throws {
            let station = try await StationFixture("check-leaves-nothing", versioned: true)
            try await station.upload(Array("a".utf8), "uploads/a.txt")
            // The test event comes first.
            #expect(try await station.cloud.awaitMessages(2, in: station.queue) == 2)
            let before = try await station.cloud.counts(station.queue.url)
            for _ in 1...2 { #expect(try await check(station).ending == .code(0)) }
            let exit = try await check(station, nil, ["--write"])
            #expect(exit.ending == .code(0), "\(exit.standardOutput)")
            #expect(exit.standardOutput.contains("written and deleted: two small objects"))
            #expect(try await station.cloud.versions(station.media).isEmpty)
            #expect(try await station.cloud.versions(station.quarantine).isEmpty)
            #expect(try await station.cloud.versions(station.incoming).count == 1)
            #expect(try await station.cloud.counts(station.queue.url) == before)
            #expect(before.visible > 0 && before.inFlight == 0)
        }

        @Test func `a write that is denied fails only with --write`() async throws {
            let station = try await StationFixture("check-write")
            let proxy = try FaultProxy(to: station.stack)
            defer { proxy.stop() }
            proxy.add(.putObject, .error(403, "AccessDenied"))
            let plain = try await check(station, proxy)
            #expect(plain.ending == .code(0))
            #expect(plain.standardOutput.contains("not tried: writing with the bucket's own encryption; --write"))
            let writing = try await check(station, proxy, ["--write"])
            #expect(writing.ending == .code(78))
            #expect(writing.standardOutput.contains("FAIL  bucket check-write-media"), "\(writing.standardOutput)")
        }

        /// A HEAD is answered without a code; the listing after it names the reason.
        @Test func `a failed HEAD is explained by a GET`() async throws {
            let station = try await StationFixture("check-expired")
            let proxy = try FaultProxy(to: station.stack)
            defer { proxy.stop() }
            proxy.add { $0.bucket != nil ? .error(400, "ExpiredToken") : nil }
            let exit = try await check(station, proxy)
            #expect(exit.ending == .code(78))
            let failed = exit.standardOutput.split(separator: "\n").filter { $0.hasPrefix("FAIL  bucket") }
            #expect(failed.count == 3 && failed.allSatisfy { $0.contains("ExpiredToken") }, "\(exit.standardOutput)")
            #expect(exit.standardOutput.contains("The session token has expired: get new credentials."))
        }

        @Test func `a bucket that notifies another queue or nobody is a warning`() async throws {
            let station = try await StationFixture("check-notified", route: nil)
            #expect(
                try await check(station).standardOutput.contains(
                    "WARNING: the bucket notifies neither this queue nor a topic nor EventBridge"))
            try await station.cloud.notify(station.queue, of: station.incoming, by: .direct)
            let exit = try await check(station)
            #expect(
                exit.standardOutput.contains("the bucket notifies the queue of each upload"), "\(exit.standardOutput)")
        }

        @Test func `versions that can't be told are a warning`() async throws {
            let station = try await StationFixture("check-unknown-versions")
            let proxy = try FaultProxy(to: station.stack)
            defer { proxy.stop() }
            proxy.add { $0.request.query.hasPrefix("versioning") ? .error(403, "AccessDenied") : nil }
            let output = try await check(station, proxy).standardOutput
            #expect(
                output.contains("WARNING: whether it keeps versions is unknown: allow s3:GetBucketVersioning"),
                "\(output)")
            #expect(output.contains("conditional deletes: unknown (whether the bucket keeps versions is unknown)"))
        }

        @Test func `the pipelines alone need no queue and no region`() async throws {
            let station = try await StationFixture("check-pipelines-only", route: nil)
            func run() async throws -> Program.Exit {
                try await Program(
                    StationFixture.lazaret,
                    ["check", "--pipelines-only", "--pipelines", station.folder.path + "/pipelines"], environment: [:]
                ).exit(within: .seconds(30))
            }
            let good = try await run()
            #expect(
                good.ending == .code(0) && good.standardOutput.hasPrefix("ok    pipelines"), "\(good.standardError)")
            #expect(good.standardOutput.contains("more than 1022 bytes can't be moved there"))
            try station.write(rules: StationFixture.usualRules.replacing("/{rest}", with: "/{name}"))
            #expect(try await run().standardOutput.contains("WARNING: "))
            try station.write(rules: "pipeline: Not A Name\n")
            #expect(try await run().ending == .code(78))
        }

        @Test func `the machine is checked before it is needed`() async throws {
            let station = try await StationFixture("check-machine", route: nil)
            let taken = try ScriptedServer { _ in .status(200) }
            defer { taken.stop() }
            try station.write(rules: StationFixture.usualRules.replacing("max-size: 1GiB", with: "max-size: 50TiB"))
            let exit = try await check(
                station, nil,
                [
                    "--listen", taken.url.replacing("http://", with: ""), "--max-signature-age", "1s", "--concurrency",
                    "1024",
                ],
                environment: ["TMPDIR": "/nowhere/scratch"])
            #expect(exit.ending == .code(78))
            let output = exit.standardOutput
            #expect(output.contains("FAIL  listen"), "\(output)")
            #expect(output.contains("FAIL  scratch") && output.contains("TMPDIR"))
            #expect(output.contains("WARNING: the largest max-size is 50.0 TiB"))
        }
    }
}
