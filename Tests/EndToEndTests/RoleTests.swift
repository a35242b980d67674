import Foundation
import TestKit
import Testing

extension EndToEnd {
    /// Pipelines whose buckets are used with a role, on a cloud that enforces policies.
    @Suite struct Roles {
        /// A station whose buckets only a role may use.
        private struct Scene {
            let station: StationFixture
            let environment: [String: String]

            init(_ name: String, trusts externalID: String = "acme") async throws {
                station = try await StationFixture(name, isEnforcing: true)
                let policy = try String(
                    contentsOfFile: Project.root + "/deploy/policies/worker.json", encoding: .utf8
                ).replacing("acme-incoming", with: station.incoming).replacing("acme-media", with: station.media)
                    .replacing("acme-quarantine", with: station.quarantine)
                    // Backfill lists versions.
                    .replacing(
                        "\"s3:ListBucket\"",
                        with: "[\"s3:ListBucket\", \"s3:ListBucketVersions\", \"s3:GetBucketVersioning\"]")
                let role = try await station.cloud.createRole(name, externalID: externalID, policy: policy)
                try station.write(
                    rules: StationFixture.usualRules.replacing(
                        "then:", with: "aws: { role-arn: \"\(role)\", external-id: acme }\nthen:"))
                // No permission on S3.
                let user = try await station.cloud.createUser(
                    name,
                    policy: """
                        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Resource": "*", "Action":
                        ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility",
                        "sqs:GetQueueAttributes", "sts:AssumeRole"]}]}
                        """)
                environment = station.stack.environment.merging(user.environment) { $1 }
            }

            func check() async throws -> Program.Exit {
                try await run(
                    "check", "--write", "--queue", station.queue.url, "--signatures", StationFixture.signatures,
                    "--spool", station.folder.path)
            }

            func run(_ words: String...) async throws -> Program.Exit {
                let shared = ["--pipelines", station.folder.path + "/pipelines", "--ledger", station.ledger]
                return try await Program(
                    StationFixture.lazaret, words + shared, environment: environment, directory: station.folder.path
                ).exit(within: .seconds(60))
            }
        }

        @Test func `a pipeline's buckets are used with its role alone`() async throws {
            let scene = try await Scene("role")
            let station = scene.station
            let check = try await scene.check()
            #expect(check.ending == .code(0), "\(check.standardOutput)")
            #expect(check.standardOutput.contains("ok    role of usual"), "\(check.standardOutput)")
            #expect(check.standardOutput.contains("bucket role-media as arn:aws:iam::000000000000:role/role"))

            try await station.upload(Samples.text, "uploads/a.txt")
            try await station.upload(Eicar.bytes, "uploads/b.txt")
            let exit = try await station.startWorker(environment: scene.environment).exit(within: .seconds(60))
            #expect(exit.ending == .code(0), "\(exit.standardError)")
            #expect(try await station.cloud.get(station.media, "permanent/a.txt")?.bytes == Samples.text)
            #expect(try await station.job("uploads/b.txt").disposition == "quarantined")
            #expect(try await station.keys(station.incoming).isEmpty)
            try await station.expectDrained()
        }

        @Test func `people's commands use the buckets with the pipeline's role`() async throws {
            let scene = try await Scene("role-people")
            let station = scene.station
            try await station.upload(Eicar.bytes, "uploads/b.txt")
            let exit = try await station.startWorker(environment: scene.environment).exit(within: .seconds(60))
            #expect(exit.ending == .code(0), "\(exit.standardError)")
            let job = try await station.job("uploads/b.txt").job

            try await station.upload(Samples.text, "uploads/c.txt")
            let backfill = try await scene.run("backfill", "s3://\(station.incoming)/uploads/", "--dry-run")
            #expect(backfill.standardOutput.contains("/uploads/c.txt"), "\(backfill.standardError)")
            let show = try await scene.run("quarantine", "show", job)
            #expect(show.standardOutput.contains("nothing is there yet"), "\(show.standardOutput)")
            let release = try await scene.run("quarantine", "release", job, "--yes", "--reason", "a test")
            #expect(release.ending == .code(0), "\(release.standardOutput)")
            #expect(try await station.cloud.get(station.media, "permanent/b.txt")?.bytes == Eicar.bytes)
            let settled = try await scene.run("reconcile", "--settled", "--dry-run")
            #expect(settled.ending == .code(0), "\(settled.standardOutput)")
        }

        @Test func `a role that can't be assumed fails the check, and costs no upload`() async throws {
            let scene = try await Scene("role-denied", trusts: "another")
            let station = scene.station
            let check = try await scene.check()
            #expect(check.ending == .code(78))
            #expect(check.standardOutput.contains("FAIL  role of usual"), "\(check.standardOutput)")
            #expect(check.standardOutput.contains("with the external ID acme"), "\(check.standardOutput)")
            // Buckets that nobody can ask are not reported one by one.
            #expect(!check.standardOutput.contains("bucket role-denied"))

            try await station.upload(Samples.text, "uploads/a.txt")
            let worker = try station.startWorker(idle: nil, environment: scene.environment)
            _ = try await worker.logged("S3 can't be used: its jobs wait, and nothing is received for them")
            worker.send(SIGTERM)
            let exit = try await worker.exit(within: .seconds(30))
            #expect(exit.ending == .code(0), "\(exit.standardError)")
            let counts = try await station.cloud.counts(station.queue.url)
            #expect(counts.visible + counts.inFlight == 1, "the message is back in the queue")
            #expect(try await station.keys(station.incoming) == ["uploads/a.txt"])
        }
    }

    /// The pipelines for those who come from other scanners.
    @Suite struct OtherScannersTags {
        @Test(arguments: [
            ("guardduty", "GuardDutyMalwareScanStatus", ["NO_THREATS_FOUND", "THREATS_FOUND", "UNSUPPORTED"]),
            ("bucketav", "bucketav", ["clean", "infected", "no"]),
        ])
        func `objects get the tags that another scanner sets`(
            name: String, tag: String, values: [String]
        ) async throws {
            let rules = try String(contentsOfFile: Project.root + "/pipelines/\(name)-tags.yaml", encoding: .utf8)
            let station = try await StationFixture(
                "tags-of-\(name)", versioned: true, rules: rules.replacing("acme-incoming", with: "INCOMING"))
            let samples: [(key: String, body: [UInt8])] = [
                ("clean.txt", Samples.text), ("infected.txt", Eicar.bytes),
                ("locked.zip", try Samples.file("payslips.zip")),
            ]
            for sample in samples { try await station.upload(sample.body, "\(name)/\(sample.key)") }
            try await station.settle()
            for (sample, value) in zip(samples, values) {
                let stored = try await station.cloud.get(station.incoming, "\(name)/\(sample.key)")
                #expect(stored?.tags[tag] == value, "\(sample.key): \(stored?.tags ?? [:])")
                #expect(stored?.bytes == sample.body)
            }
            let found = try await station.cloud.get(station.incoming, "\(name)/infected.txt")?.tags["lazaret-finding"]
            #expect(found?.contains("EICAR") == true, "\(found ?? "")")
            #expect(
                try await station.cloud.get(station.incoming, "\(name)/locked.zip")?.tags["lazaret-finding"]
                    == "encrypted")
            try await station.expectDrained()
        }
    }
}
