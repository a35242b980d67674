import Foundation
import TestKit
import Testing

extension EndToEnd {
    /// `lazaret check`: one command reports every problem.
    @Suite struct Checks {
        struct Line: Decodable {
            let check: String
            let ok: Bool
            let detail: String
            let layers: [Layer]?
        }

        struct Layer: Decodable {
            let name: String
            let given: Bool
            let detail: String
        }

        /// - Parameter wrapper: a program and its arguments that run the command.
        private func check(
            _ station: StationFixture, _ flags: [String] = [], environment changes: [String: String?] = [:],
            in wrapper: [String] = []
        ) async throws -> Program.Exit {
            var environment = station.stack.environment
            for (name, value) in changes { environment[name] = value }
            let words = wrapper + [StationFixture.lazaret]
            return try await Program(
                words[0],
                words.dropFirst() + [
                    "check", "--queue", station.queue.url, "--pipelines", station.folder.path + "/pipelines",
                    "--ledger", station.ledger, "--signatures", StationFixture.signatures, "--spool",
                    station.folder.path,
                ] + flags, environment: environment, directory: station.folder.path
            ).exit(within: .seconds(60))
        }

        private func lines(_ exit: Program.Exit) throws -> [Line] {
            try exit.standardOutput.split(separator: "\n").map {
                try JSONDecoder().decode(Line.self, from: Data($0.utf8))
            }
        }

        @Test func `checks that pass are listed and exit with 0`() async throws {
            let station = try await StationFixture("check-good", route: nil)
            let exit = try await check(station)
            #expect(exit.ending == .code(0) && exit.standardError.isEmpty, "\(exit.standardError)")
            // A line that begins with a space continues the check above.
            let lines = exit.standardOutput.split(separator: "\n").filter { !$0.hasPrefix(" ") }
            let names = [
                "flags", "pipelines", "descriptors", "spool", "scratch", "ledger", "scanner", "signatures", "matching",
                "sandbox", "settings", "queue", "bucket check-good-incoming", "bucket check-good-media",
                "bucket check-good-quarantine", "notification of usual",
            ]
            #expect(lines.count == names.count, "\(exit.standardOutput)")
            for (line, name) in zip(lines, names) { #expect(line.hasPrefix("ok    \(name) "), "\(line)") }
            #expect(exit.standardOutput.contains("ClamAV 1."))
            // The sample signatures are as old as their checkout, which is not a warning.
            #expect(exit.standardOutput.contains("no database is signed by ClamAV"))
            #expect(!exit.standardOutput.contains("run freshclam"), "\(exit.standardOutput)")
            #expect(exit.standardOutput.contains("dead-letter queue after 5 receives"))
            // A check creates nothing, least of all a ledger that belongs to another user.
            #expect(try FileManager.default.contentsOfDirectory(atPath: station.folder.path) == ["pipelines"])
            #expect(exit.standardOutput.contains("\(station.ledger), which `lazaret run` will create"))
            try await station.settle()
            #expect(try await check(station).standardOutput.contains("\(station.ledger)\n"))
        }

        @Test func `what becomes of a contradicted type is listed for each pipeline`() async throws {
            let station = try await StationFixture("check-types", route: nil)
            let effects = [
                "must-agree": "an upload whose bytes contradict its Content-Type is rejected",
                "warn": "a contradicted Content-Type is a finding, and the verdict stays",
                "ignore": "the Content-Type of an upload is not looked at",
            ]
            for (number, word) in effects.keys.enumerated() {
                try station.write(
                    rules: """
                        pipeline: types-\(word)
                        match: { bucket: INCOMING, prefix: \(number)/ }
                        accept: { declared-type: \(word) }
                        then: { clean: keep, infected: keep, unscannable: keep, rejected: keep }
                        """, as: word)
            }
            let output = try await check(station).standardOutput
            for (word, effect) in effects {
                #expect(output.contains("types-\(word): declared-type: \(word): \(effect)\n"), "\(output)")
            }
            // The rules of the fixture have no such key.
            #expect(output.contains("usual: declared-type: must-agree: "), "\(output)")
        }

        @Test(.enabled(if: UserNamespace.isPossible)) func `the sandbox layers are listed`() async throws {
            let station = try await StationFixture("check-sandbox", route: nil)
            let complete = try await check(station, ["--json"])
            let layers = try #require(try lines(complete).first { $0.check == "sandbox" }?.layers)
            #expect(layers.allSatisfy(\.given) && layers.contains { $0.name == "seccomp" }, "\(layers)")

            let partial = try await check(station, ["--json"], in: UserNamespace.words)
            #expect(partial.ending == .code(0))
            let line = try #require(try lines(partial).first { $0.check == "sandbox" })
            #expect(line.ok && line.detail.contains("not supported here: user ("), "\(line)")
            #expect(!line.detail.contains("WARNING"), "\(line)")
            #expect(line.detail.contains("no files outside scratch: root-folder, landlock"), "\(line)")
            #expect(line.layers?.filter { !$0.given }.map(\.name) == ["user"])
        }

        @Test(.enabled(if: UserNamespace.isPossible), arguments: [["--require-sandbox=all"], []])
        func `a missing layer is an error if all layers are required`(_ flags: [String]) async throws {
            let station = try await StationFixture("check-sandbox-\(flags.count)", route: nil)
            let variable = ["LAZARET_REQUIRE_SANDBOX": flags.isEmpty ? "all" : nil]
            let good = try await check(station, flags, environment: variable)
            #expect(good.ending == .code(0), "\(good.standardOutput)")
            let exit = try await check(station, flags + ["--json"], environment: variable, in: UserNamespace.words)
            #expect(exit.ending == .code(78))
            let found = try lines(exit)
            #expect(found.filter { !$0.ok }.map(\.check) == ["scanner"])
            #expect(found.first { !$0.ok }?.detail.contains("--require-sandbox=all") == true, "\(found)")
        }

        @Test(.enabled(if: UserNamespace.isPossible))
        func `a missing layer is no error if another one gives the same property`() async throws {
            let station = try await StationFixture("check-sandbox-properties", route: nil)
            let exit = try await check(station, ["--require-sandbox"], in: UserNamespace.words)
            #expect(exit.ending == .code(0), "\(exit.standardOutput)")
            let wrong = try await check(station, ["--require-sandbox=some"])
            #expect(wrong.ending == .code(78))
            #expect(wrong.standardOutput.contains("takes nothing or 'all', not 'some'"), "\(wrong.standardOutput)")
        }

        @Test func `a queue without a dead-letter queue is a warning`() async throws {
            let station = try await StationFixture("check-no-dlq", route: nil)
            let plain = try await station.cloud.createQueue("check-no-dlq-plain")
            let exit = try await check(station, ["--queue", plain.url])
            #expect(exit.ending == .code(0))
            #expect(exit.standardOutput.contains("WARNING: no dead-letter queue"), "\(exit.standardOutput)")
        }

        @Test func `each check prints one line of JSON`() async throws {
            let station = try await StationFixture("check-json", route: nil)
            let exit = try await check(station, ["--json", "--signatures", "/nowhere/signatures"])
            #expect(exit.ending == .code(78))
            let found = try lines(exit)
            #expect(found.filter { !$0.ok }.map(\.check) == ["scanner"])
            #expect(found.first { $0.check == "scanner" }?.detail.contains("/nowhere/signatures") == true)
            #expect(found.first { $0.check == "ledger" }?.detail.hasPrefix(station.ledger) == true)
            #expect(Set(found.map(\.check)).isSuperset(of: ["flags", "pipelines", "spool", "settings", "queue"]))
            #expect(exit.standardError == "lazaret: 1 of 13 checks failed\n")
        }

        @Test func `every problem is reported at once`() async throws {
            let rules = StationFixture.usualRules.replacing("s3://MEDIA/", with: "s3://check-wrong-nowhere/")
            let station = try await StationFixture("check-wrong", route: nil, rules: rules)
            let exit = try await check(
                station,
                [
                    "--json", "--queue", station.queue.url + "-not", "--ledger", "sqlite:/nowhere/lazaret.db",
                    "--spool", "/nowhere/spool", "--signatures", "/nowhere/signatures", "--concurrency", "0",
                    "--listen", "nowhere",
                ])
            #expect(exit.ending == .code(78))
            let found = try lines(exit)
            let details = Dictionary(uniqueKeysWithValues: found.filter { !$0.ok }.map { ($0.check, $0.detail) })
            #expect(
                Set(details.keys) == [
                    "flags", "spool", "ledger", "scanner", "queue", "bucket check-wrong-nowhere",
                ], "\(details)")
            #expect(details["flags"]?.contains("--concurrency") == true)
            #expect(details["flags"]?.contains("--listen") == true)
            #expect(details["spool"]?.contains("/nowhere/spool") == true)
            #expect(details["ledger"]?.contains("/nowhere") == true)
            #expect(details["scanner"]?.contains("/nowhere/signatures") == true)
            #expect(details["queue"]?.contains("check-wrong-not") == true)
            #expect(exit.standardError == "lazaret: 6 of 11 checks failed\n")
        }

        @Test func `a broken pipeline does not hide the other checks`() async throws {
            let station = try await StationFixture("check-rules", route: nil, rules: "pipeline: Not A Name\n")
            let exit = try await check(station, environment: ["AWS_REGION": nil, "AWS_DEFAULT_REGION": nil])
            #expect(exit.ending == .code(78))
            for start in ["FAIL  pipelines", "FAIL  settings", "ok    spool", "ok    ledger", "ok    scanner"] {
                #expect(exit.standardOutput.contains(start), "\(start) in\n\(exit.standardOutput)")
            }
            #expect(exit.standardOutput.contains("AWS_REGION"))
            #expect(exit.standardOutput.contains("rules.yaml:1:"))
        }

        @Test func `a missing queue does not hide the checks of the buckets`() async throws {
            let station = try await StationFixture("check-no-queue", route: nil)
            let exit = try await check(station, ["--queue="])
            #expect(exit.ending == .code(78))
            #expect(exit.standardOutput.contains("LAZARET_QUEUE"))
            #expect(exit.standardOutput.contains("ok    bucket check-no-queue-incoming"), "\(exit.standardOutput)")
            #expect(exit.standardError == "lazaret: 1 of 14 checks failed\n")
        }

        @Test func `unreachable services without another problem exit with 69`() async throws {
            let station = try await StationFixture("check-no-cloud", route: nil)
            let exit = try await check(
                station, ["--json", "--queue", "http://127.0.0.1:1/000000000000/q"],
                environment: ["AWS_ENDPOINT_URL": "http://127.0.0.1:1"])
            #expect(exit.ending == .code(69), "\(exit.standardOutput)")
            let found = try lines(exit)
            #expect(
                found.filter { !$0.ok }.map(\.check) == [
                    "queue", "bucket check-no-cloud-incoming", "bucket check-no-cloud-media",
                    "bucket check-no-cloud-quarantine",
                ])
            for line in found where !line.ok { #expect(line.detail.contains("127.0.0.1:1"), "\(line.detail)") }
        }

        @Test func `a misspelt variable is a warning`() async throws {
            let station = try await StationFixture("check-variable", route: nil)
            let exit = try await check(
                station, environment: ["LAZARET_CONCURENCY": "4", "LAZARET_CONCURRENCY": "4", "LAZARET_LIMIT": "1"])
            #expect(exit.ending == .code(0))
            let line = exit.standardOutput.split(separator: "\n").first { $0.hasPrefix("ok    flags") }
            #expect(line?.hasSuffix("WARNING: no flag belongs to the variable LAZARET_CONCURENCY") == true)
        }

        @Test func `check prints no secret`() async throws {
            let station = try await StationFixture("check-secret", route: nil)
            for endpoint in [station.stack.endpoint, "http://127.0.0.1:1"] {
                let exit = try await check(
                    station,
                    environment: [
                        "AWS_SECRET_ACCESS_KEY": "SeCrEtOfTheTest", "AWS_SESSION_TOKEN": "ToKeNOfTheTest",
                        "AWS_ENDPOINT_URL": endpoint,
                    ])
                for secret in ["SeCrEtOfTheTest", "ToKeNOfTheTest"] {
                    #expect(!exit.standardOutput.contains(secret) && !exit.standardError.contains(secret))
                }
            }
        }

        private static let secret = "SeCrEtOfTheSource"

        /// An environment without keys whose container endpoint answers the requests for credentials.
        private func container(
            _ answer: @escaping @Sendable (ScriptedRequest) -> ScriptedAnswer
        ) throws -> (ScriptedServer, [String: String?]) {
            let server = try ScriptedServer(answer)
            return (
                server,
                [
                    "AWS_ACCESS_KEY_ID": nil, "AWS_SECRET_ACCESS_KEY": nil,
                    "AWS_CONTAINER_CREDENTIALS_FULL_URI": server.url + "/role",
                    "AWS_CONTAINER_AUTHORIZATION_TOKEN": Self.secret,
                ]
            )
        }

        @Test func `check prints the source and the expiry of the credentials`() async throws {
            let station = try await StationFixture("check-source", route: nil)
            let (server, environment) = try container { _ in
                .status(
                    200,
                    #"{"AccessKeyId":"ASIA1","SecretAccessKey":"\#(Self.secret)","Token":"\#(Self.secret)","Expiration":"2099-01-01T00:00:00Z"}"#
                )
            }
            defer { server.stop() }
            let exit = try await check(station, environment: environment)
            #expect(exit.ending == .code(0), "\(exit.standardOutput)\(exit.standardError)")
            let line = exit.standardOutput.split(separator: "\n").first { $0.hasPrefix("ok    settings") }
            #expect(
                line?.hasSuffix(
                    "credentials from the container endpoint \(server.url)/role, renewed before they expire at 2099-01-01T00:00:00.000Z"
                ) == true, "\(exit.standardOutput)")
            #expect(server.requests.count == 1)
            #expect(!(exit.standardOutput + exit.standardError).contains(Self.secret))
        }

        @Test func `check prints no secret if the credential source is broken`() async throws {
            let station = try await StationFixture("check-broken-source", route: nil)
            for (status, code) in [(200, 78), (404, 78), (500, 69)] as [(Int, CInt)] {
                let (server, environment) = try container { _ in
                    .status(
                        status, #"{"AccessKeyId":"A","SecretAccessKey":"\#(Self.secret)","message":"\#(Self.secret)" "#)
                }
                defer { server.stop() }
                let exit = try await check(station, environment: environment)
                #expect(exit.ending == .code(code), "\(exit.standardOutput)")
                #expect(exit.standardOutput.contains("FAIL  settings"))
                #expect(exit.standardOutput.contains("the container endpoint"))
                #expect(!(exit.standardOutput + exit.standardError).contains(Self.secret), "\(exit.standardOutput)")
            }
        }

        @Test func `a worker prints no secret if its credential process fails`() async throws {
            let station = try await StationFixture("check-process", route: nil)
            let script = try station.folder.write(
                """
                #!/bin/sh
                echo '{"Version":9,"AccessKeyId":"A","SecretAccessKey":"\(Self.secret)","SessionToken":"tokenof\(Self.secret)"}'
                echo 'the vault gave \(Self.secret), which is too old' >&2
                """, to: "give")
            let config = try station.folder.write("[default]\ncredential_process = /bin/sh \(script)", to: "config")
            var environment = station.stack.environment.merging(["AWS_CONFIG_FILE": config]) { $1 }
            environment["AWS_ACCESS_KEY_ID"] = nil
            environment["AWS_SECRET_ACCESS_KEY"] = nil
            let run = try await station.startWorker(environment: environment).exit(within: .seconds(60))
            #expect(run.ending == .code(78), "\(run.standardError)")
            #expect(run.standardError.contains("printed Version 9"), "\(run.standardError)")
            #expect(run.standardError.contains("the vault gave <redacted>"), "\(run.standardError)")
            let help = try await Program(StationFixture.lazaret, ["run", "--help"], environment: environment).exit(
                within: .seconds(30))
            for exit in [run, help] {
                #expect(!(exit.standardOutput + exit.standardError).contains(Self.secret), "\(exit.standardError)")
            }
        }

        @Test func `check without credentials lists every source that it tried`() async throws {
            let station = try await StationFixture("check-none", route: nil)
            let exit = try await check(
                station,
                environment: [
                    "AWS_ACCESS_KEY_ID": nil, "AWS_SECRET_ACCESS_KEY": nil, "AWS_EC2_METADATA_DISABLED": nil,
                ])
            #expect(exit.ending == .code(78))
            for place in [
                "AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE", "profile default",
                "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                "EC2 instance metadata, disabled by AWS_EC2_METADATA_DISABLED",
            ] {
                #expect(exit.standardOutput.contains(place), "\(place) in \(exit.standardOutput)")
            }
        }
    }
}
