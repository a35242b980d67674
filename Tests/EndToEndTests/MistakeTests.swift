import TestKit
import Testing

extension EndToEnd {
    /// Wrong settings: the worker reports what to do, and exits with the status of sysexits.h.
    @Suite struct Mistakes {
        @Test func `every mistake in a pipeline is reported at once`() async throws {
            let station = try await StationFixture("bad-rules", route: nil)
            try station.write(
                rules: """
                    pipeline: Not A Name
                    match:
                      bucket: INCOMING
                    accept:
                      max-sise: 5GiB
                      declared-type: perhaps
                    then:
                      clean: { move: "s3://MEDIA/{rest}" }
                      infected: frobnicate
                    """)
            let exit = try await station.startWorker().exit(within: .seconds(30))

            #expect(exit.ending == .code(78))
            for place in ["rules.yaml:1:", "rules.yaml:5:", "rules.yaml:6:", "rules.yaml:9:"] {
                #expect(exit.standardError.contains(place), "\(place) in\n\(exit.standardError)")
            }
            for word in ["max-sise", "declared-type", "unscannable", "rejected"] {
                #expect(exit.standardError.contains(word), "\(word) in\n\(exit.standardError)")
            }
        }

        @Test func `a missing pipeline folder is reported`() async throws {
            let station = try await StationFixture("no-rules", route: nil)
            let exit = try await station.startWorker(["--pipelines", "/nowhere/rules"]).exit(within: .seconds(30))
            #expect(exit.ending == .code(78))
            #expect(exit.standardError.contains("/nowhere/rules"))
        }

        @Test func `a missing signature folder is reported with a remedy`() async throws {
            let station = try await StationFixture("no-signatures")
            try await station.upload(Samples.text, "uploads/notes.txt")
            let exit = try await station.startWorker(["--signatures", "/nowhere/signatures"]).exit(within: .seconds(30))

            #expect(exit.ending == .code(78))
            #expect(exit.standardError.contains("/nowhere/signatures"))
            #expect(exit.standardError.contains("freshclam"), "\(exit.standardError)")
            #expect(try await station.keys(station.incoming) == ["uploads/notes.txt"])
            #expect(try await station.cloud.counts(station.queue.url) == QueueCounts(visible: 2, inFlight: 0))
        }

        @Test func `a missing queue is reported`() async throws {
            let station = try await StationFixture("no-queue", route: nil)
            let exit = try await station.startWorker(["--queue", station.queue.url + "-not"]).exit(within: .seconds(60))
            #expect(exit.ending == .code(78) || exit.ending == .code(69))
            #expect(exit.standardError.contains("no-queue-not"), "\(exit.standardError)")
            #expect(exit.standardError.contains("QueueDoesNotExist"), "\(exit.standardError)")
        }

        @Test func `an unreachable endpoint is reported`() async throws {
            let station = try await StationFixture("no-cloud", route: nil)
            let elsewhere = station.stack.environment.merging(["AWS_ENDPOINT_URL": "http://127.0.0.1:1"]) { _, new in
                new
            }
            let exit = try await station.startWorker(
                ["--queue", "http://127.0.0.1:1/000000000000/q"], environment: elsewhere
            ).exit(within: .seconds(90))
            #expect(exit.ending == .code(69), "\(exit.standardError)")
            #expect(exit.standardError.contains("127.0.0.1:1"), "\(exit.standardError)")
        }

        @Test func `missing credentials are reported`() async throws {
            let station = try await StationFixture("no-credentials", route: nil)
            var environment = station.stack.environment
            environment["AWS_ACCESS_KEY_ID"] = nil
            environment["AWS_SECRET_ACCESS_KEY"] = nil
            let exit = try await station.startWorker(environment: environment).exit(within: .seconds(30))
            #expect(exit.ending == .code(78), "\(exit.standardError)")
            #expect(exit.standardError.contains("AWS_ACCESS_KEY_ID"), "\(exit.standardError)")
        }

        @Test(arguments: [["run"], ["run", "--queue"], ["run", "--frobnicate"], ["frobnicate"], ["jobs", "show"]])
        func `a usage error exits with 64`(_ words: [String]) async throws {
            let exit = try await Program(StationFixture.lazaret, words, environment: [:]).exit(within: .seconds(30))
            #expect(exit.ending == .code(64))
            #expect(!exit.standardError.isEmpty && exit.standardOutput.isEmpty)
        }

        @Test(arguments: [["--help"], ["run", "--help"], ["jobs", "list", "--help"], ["--version"]])
        func `help goes to standard output`(_ words: [String]) async throws {
            let exit = try await Program(StationFixture.lazaret, words, environment: [:]).exit(within: .seconds(30))
            #expect(exit.ending == .code(0))
            #expect(!exit.standardOutput.isEmpty && exit.standardError.isEmpty)
        }
    }
}
