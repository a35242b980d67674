import Domain
import Foundation
import Support
import TestKit
import Testing

@testable import AWS

@Suite(.timeLimit(.minutes(1))) struct ProcessCredentialTests {
    private let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory() }

    /// Writes a program into a folder with a space in its name and returns its path. Tests run it with `/bin/sh`:
    /// executing a file just written fails while a process that another test forks at that moment holds it open for
    /// writing.
    private func program(_ lines: String) throws -> String {
        try folder.write(lines + "\n", to: "a folder/credentials")
    }

    private func lookUp(
        _ command: String, environment: [String: String] = ["PATH": "/usr/bin:/bin"],
        limits: Subprocess.Limits = Subprocess.Limits()
    ) async throws(AWSError) -> CredentialLookup {
        try await ProcessCredentials(command: command, environment: environment, profile: "p", limits: limits).lookUp()
    }

    private func failure(
        _ lines: String, limits: Subprocess.Limits = Subprocess.Limits()
    ) async throws -> AWSError? {
        let path = try program(lines)
        return await awsError { _ = try await lookUp("/bin/sh \"\(path)\"", limits: limits) }
    }

    private static let valid =
        #"{"Version":1,"AccessKeyId":"PROCID","SecretAccessKey":"procsecret","SessionToken":"proctoken","Expiration":"2026-11-21T10:00:00+01:00"}"#

    @Test func `the credentials that a program prints are used`() async throws {
        let path = try program("echo '\(Self.valid)'; echo noise >&2")
        let lookup = try await lookUp("/bin/sh \"\(path)\" --flag \"one word\"")
        #expect(
            lookup
                == .found(
                    ResolvedCredentials(
                        Credentials(
                            accessKeyID: "PROCID", secretAccessKey: Secret("procsecret"),
                            sessionToken: Secret("proctoken")),
                        expiration: Timestamp(iso8601: "2026-11-21T09:00:00Z"),
                        origin: "credential_process of profile p")))
    }

    @Test func `a profile's credential_process runs with its arguments and the environment`() async throws {
        let fixture = try CredentialFixture()
        defer { fixture.server.stop() }
        let path = try program(#"echo "{\"Version\":1,\"AccessKeyId\":\"$1-$NAME\",\"SecretAccessKey\":\"s\"}""#)
        let chain = try fixture.chain(
            ["NAME": "env"], config: "[default]\ncredential_process = /bin/sh \"\(path)\" 'a b'")
        let found = try await chain.resolve()
        #expect(found.credentials.accessKeyID == "a b-env")
        #expect(found.expiration == nil)
    }

    @Test func `the program inherits no descriptors and its input is empty`() async throws {
        let open = open("/dev/null", O_RDONLY)
        defer { close(open) }
        let path = try program(
            """
            names=$(ls /proc/self/fd | tr '\\n' ' ')
            input=$(cat)
            echo "{\\"Version\\":1,\\"AccessKeyId\\":\\"[$names][$input]\\",\\"SecretAccessKey\\":\\"s\\"}"
            """)
        guard case .found(let found) = try await lookUp("/bin/sh \"\(path)\"") else {
            Issue.record("no credentials")
            return
        }
        // 3 is the directory that `ls` itself reads.
        #expect(found.credentials.accessKeyID == "[0 1 2 3 ][]")
    }

    @Test(
        arguments: [
            ("exit 3", "exited with 3"), ("kill -9 $$", "killed by signal 9"),
            ("echo garbage", "not print a JSON object"),
            ("true", "not print a JSON object"),
            (#"echo '{"Version":2,"AccessKeyId":"A","SecretAccessKey":"s"}'"#, "Version 2"),
            (#"echo '{"AccessKeyId":"A","SecretAccessKey":"s"}'"#, "Version nothing"),
            (#"echo '{"Version":1,"SecretAccessKey":"s"}'"#, "no AccessKeyId"),
            (#"echo '{"Version":1,"AccessKeyId":"A"}'"#, "no SecretAccessKey"),
            (#"echo '{"Version":1,"AccessKeyId":"A","SecretAccessKey":"s","Expiration":"x"}'"#, "Expiration"),
            ("echo cannot reach the vault >&2; exit 1", "exited with 1; its standard error: cannot reach the vault"),
        ])
    func `errors of the program are reported`(lines: String, part: String) async throws {
        let error = try await failure(lines)
        #expect(error?.kind == .credentials)
        #expect(error?.message.hasPrefix("credential_process of profile p: ") == true)
        #expect(error?.message.contains(part) == true, "\(error as Any)")
    }

    /// The clock of a program's time limit. It jumps past every limit when the file exists.
    private struct FileClock: Clock {
        typealias Instant = ManualClock.Instant
        let path: String

        var now: Instant { Instant(offset: FileManager.default.fileExists(atPath: path) ? .seconds(1 << 20) : .zero) }
        var minimumResolution: Duration { .nanoseconds(1) }
        func sleep(until deadline: Instant, tolerance: Duration?) async throws {}
    }

    private func child() throws -> pid_t {
        let text = try String(contentsOfFile: folder.path + "/child", encoding: .utf8)
        return try #require(pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)))
    }

    @Test func `a program that does not exit in time is killed with its children`() async throws {
        let pid = folder.path + "/child"
        let limits = Subprocess.Limits(clock: MonotonicClock(FileClock(path: pid)))
        // The file is complete when it gets its name. The output then ends the wait, and the limit is found to be
        // exceeded.
        let error = try await failure(
            "sleep 600 & echo $! > '\(pid).new'; mv '\(pid).new' '\(pid)'; echo started; sleep 600", limits: limits)
        #expect(error?.message.contains("did not exit within") == true, "\(error as Any)")
        let child = try child()
        // A killed child remains as a zombie until its new parent reaps it.
        try await eventually {
            guard let line = try? String(contentsOfFile: "/proc/\(child)/stat", encoding: .utf8) else { return true }
            return line.contains(") Z ")
        }
    }

    @Test func `the time limit needs no output to be noticed`() async throws {
        let error = try await failure("exec sleep 600", limits: Subprocess.Limits(time: .milliseconds(50)))
        #expect(error?.message.contains("did not exit within") == true, "\(error as Any)")
    }

    @Test func `children that outlive the program are not waited for`() async throws {
        let path = try program("sleep 600 & echo $! > '\(folder.path)/child'; echo '\(Self.valid)'")
        let lookup = try await lookUp("/bin/sh \"\(path)\"", limits: Subprocess.Limits(time: .seconds(50)))
        // The child still runs, with the pipe open.
        #expect(kill(try child(), SIGKILL) == 0)
        guard case .found = lookup else {
            Issue.record("\(lookup)")
            return
        }
    }

    @Test func `a program that prints too much is killed`() async throws {
        let error = try await failure("yes", limits: Subprocess.Limits(time: .seconds(30), output: 1000))
        #expect(error?.message.contains("more than 1000 bytes") == true, "\(error as Any)")
    }

    @Test(arguments: ["/none/program", "\"not closed", "\"\""])
    func `a program that cannot be started is reported`(command: String) async {
        let error = await awsError { _ = try await lookUp(command) }
        #expect(error?.kind == .credentials)
        #expect(error?.message.hasPrefix("credential_process of profile p: ") == true, "\(error as Any)")
    }

    @Test func `secrets in the program's standard error are redacted`() async throws {
        let error = try await failure(
            """
            echo '{"Version":2,"AccessKeyId":"A","SecretAccessKey":"short one","SessionToken":"ses sion"}'
            echo 'got short one and ses sion; SecretAccessKey=abc token: def "password": "ghi" key wJalrXUtnFEMI/K7MDENG1bPx at /opt/tool' >&2
            """)
        let description = try #require(error?.description)
        for secret in ["short one", "ses sion", "abc", "def", "ghi", "wJalr"] {
            #expect(!description.contains(secret), "\(description)")
        }
        #expect(description.contains("at /opt/tool"))
    }

    @Test(
        arguments: [
            ("a b", ["a", "b"]), ("  /x/y \t z ", ["/x/y", "z"]), ("\"/a b/c\" d", ["/a b/c", "d"]),
            ("a \"\" b", ["a", "", "b"]), ("a 'b \" c'", ["a", "b \" c"]), (#"a "b \" \\ \n""#, ["a", #"b " \ \n"#]),
            (#"a\ b"#, ["a b"]), ("--x=\"y z\"", ["--x=y z"]), ("a $HOME ~ | ; *", ["a", "$HOME", "~", "|", ";", "*"]),
            ("", nil), ("  ", nil), ("\"a", nil), ("'a", nil), ("a\\", nil),
        ] as [(String, [String]?)])
    func `command lines are split into words`(line: String, words: [String]?) {
        #expect(ShellWords.split(line) == words)
    }

    @Test(
        arguments: [
            ("2026-11-21T08:00:00Z", "2026-11-21T08:00:00.000Z"),
            ("2026-11-21T09:30:00.5+01:30", "2026-11-21T08:00:00.500Z"),
            ("2026-11-21T03:00:00-0500", "2026-11-21T08:00:00.000Z"), ("2026-11-21T08:00:00+25:00", nil),
            ("2026-11-21", "2026-11-21T00:00:00.000Z"), ("2026-11-21T08:00:00", nil), ("-0100", nil),
        ] as [(String, String?)])
    func `times are parsed with their offset`(text: String, utc: String?) {
        #expect(Timestamp(withOffset: text)?.description == utc)
    }
}
