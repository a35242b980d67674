import Domain
import Foundation
import Support
import TestKit
import Testing

@testable import AWS

@Suite(.timeLimit(.minutes(1))) struct ProcessCredentialTests {
    private let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory() }

    /// A program of these lines, in a folder with a space in its name. It is given to the shell: to start a file that was just written fails
    /// while a process that another test starts at this moment still holds it open.
    private func program(_ lines: String) throws -> String {
        try folder.write(lines + "\n", to: "a folder/give")
    }

    private func finding(
        _ command: String, environment: [String: String] = ["PATH": "/usr/bin:/bin"],
        limits: Subprocess.Limits = Subprocess.Limits()
    ) async throws(AWSError) -> CredentialFinding {
        try await ProcessCredentials(command: command, environment: environment, profile: "p", limits: limits).find()
    }

    private func failure(_ lines: String, limits: Subprocess.Limits = Subprocess.Limits()) async throws
        -> AWSError?
    {
        let path = try program(lines)
        return await awsError { _ = try await finding("/bin/sh \"\(path)\"", limits: limits) }
    }

    private static let good =
        #"{"Version":1,"AccessKeyId":"PROCID","SecretAccessKey":"procsecret","SessionToken":"proctoken","Expiration":"2026-11-21T10:00:00+01:00"}"#

    @Test func `what a program prints is taken`() async throws {
        let path = try program("echo '\(Self.good)'; echo noise >&2")
        let finding = try await finding("/bin/sh \"\(path)\" --flag \"one word\"")
        #expect(
            finding
                == .found(
                    FoundCredentials(
                        Credentials(
                            accessKeyID: "PROCID", secretAccessKey: Secret("procsecret"),
                            sessionToken: Secret("proctoken")),
                        expiration: Timestamp(iso8601: "2026-11-21T09:00:00Z"),
                        origin: "credential_process of profile p")))
    }

    @Test func `a profile names it`() async throws {
        let bench = try CredentialBench()
        defer { bench.server.stop() }
        let path = try program(#"echo "{\"Version\":1,\"AccessKeyId\":\"$1-$NAME\",\"SecretAccessKey\":\"s\"}""#)
        let chain = try bench.chain(
            ["NAME": "env"], config: "[default]\ncredential_process = /bin/sh \"\(path)\" 'a b'")
        let found = try await chain.found()
        #expect(found.credentials.accessKeyID == "a b-env")
        #expect(found.expiration == nil)
    }

    @Test func `it has none of our descriptors and nothing to read`() async throws {
        let open = open("/dev/null", O_RDONLY)
        defer { close(open) }
        let path = try program(
            """
            names=$(ls /proc/self/fd | tr '\\n' ' ')
            input=$(cat)
            echo "{\\"Version\\":1,\\"AccessKeyId\\":\\"[$names][$input]\\",\\"SecretAccessKey\\":\\"s\\"}"
            """)
        guard case .found(let found) = try await finding("/bin/sh \"\(path)\"") else {
            Issue.record("it gave none")
            return
        }
        // 3 is the folder that `ls` itself reads.
        #expect(found.credentials.accessKeyID == "[0 1 2 3 ][]")
    }

    @Test(
        arguments: [
            ("exit 3", "ended with 3"), ("kill -9 $$", "killed by signal 9"), ("echo garbage", "no JSON"),
            ("true", "no JSON"),
            (#"echo '{"Version":2,"AccessKeyId":"A","SecretAccessKey":"s"}'"#, "Version 2"),
            (#"echo '{"AccessKeyId":"A","SecretAccessKey":"s"}'"#, "Version nothing"),
            (#"echo '{"Version":1,"SecretAccessKey":"s"}'"#, "no AccessKeyId"),
            (#"echo '{"Version":1,"AccessKeyId":"A"}'"#, "no SecretAccessKey"),
            (#"echo '{"Version":1,"AccessKeyId":"A","SecretAccessKey":"s","Expiration":"x"}'"#, "Expiration"),
            ("echo cannot reach the vault >&2; exit 1", "ended with 1; it said: cannot reach the vault"),
        ])
    func `what it does wrong is told`(lines: String, part: String) async throws {
        let error = try await failure(lines)
        #expect(error?.kind == .credentials)
        #expect(error?.message.hasPrefix("credential_process of profile p: ") == true)
        #expect(error?.message.contains(part) == true, "\(error as Any)")
    }

    @Test func `a program that does not end is killed with all that it started`() async throws {
        let limits = Subprocess.Limits(time: .milliseconds(300))
        let error = try await failure("sleep 600 & echo $! > '\(folder.path)/child'; sleep 600", limits: limits)
        #expect(error?.message.contains("had not ended") == true, "\(error as Any)")
        let text = try String(contentsOfFile: folder.path + "/child", encoding: .utf8)
        let child = try #require(pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)))
        // Killed, it stays until its new parent has taken note of it.
        while FileManager.default.fileExists(atPath: "/proc/\(child)"),
            let line = try? String(contentsOfFile: "/proc/\(child)/stat", encoding: .utf8), !line.contains(") Z ")
        { try await Task.sleep(for: .milliseconds(5)) }
    }

    @Test func `what it leaves behind is not waited for`() async throws {
        let path = try program("sleep 5 & echo '\(Self.good)'")
        let began = ContinuousClock.now
        let finding = try await finding("/bin/sh \"\(path)\"", limits: Subprocess.Limits(time: .seconds(4)))
        guard case .found = finding else {
            Issue.record("\(finding) after \(ContinuousClock.now - began)")
            return
        }
    }

    @Test func `a program that prints without end is killed`() async throws {
        let error = try await failure("yes", limits: Subprocess.Limits(time: .seconds(30), output: 1000))
        #expect(error?.message.contains("more than 1000 bytes") == true, "\(error as Any)")
    }

    @Test(arguments: ["/none/program", "\"not closed", "\"\""])
    func `what cannot be started is told`(command: String) async {
        let error = await awsError { _ = try await finding(command) }
        #expect(error?.kind == .credentials)
        #expect(error?.message.hasPrefix("credential_process of profile p: ") == true, "\(error as Any)")
    }

    @Test func `no secret is told of what it says`() async throws {
        let error = try await failure(
            """
            echo '{"Version":2,"AccessKeyId":"A","SecretAccessKey":"short one","SessionToken":"ses sion"}'
            echo 'got short one and ses sion; SecretAccessKey=abc token: def "password": "ghi" key wJalrXUtnFEMI/K7MDENG1bPx at /opt/tool' >&2
            """)
        let told = try #require(error?.description)
        for secret in ["short one", "ses sion", "abc", "def", "ghi", "wJalr"] {
            #expect(!told.contains(secret), "\(told)")
        }
        #expect(told.contains("at /opt/tool"))
    }

    @Test(
        arguments: [
            ("a b", ["a", "b"]), ("  /x/y \t z ", ["/x/y", "z"]), ("\"/a b/c\" d", ["/a b/c", "d"]),
            ("a \"\" b", ["a", "", "b"]), ("a 'b \" c'", ["a", "b \" c"]), (#"a "b \" \\ \n""#, ["a", #"b " \ \n"#]),
            (#"a\ b"#, ["a b"]), ("--x=\"y z\"", ["--x=y z"]), ("a $HOME ~ | ; *", ["a", "$HOME", "~", "|", ";", "*"]),
            ("", nil), ("  ", nil), ("\"a", nil), ("'a", nil), ("a\\", nil),
        ] as [(String, [String]?)])
    func `command lines are taken apart`(line: String, words: [String]?) {
        #expect(CommandWords.of(line) == words)
    }

    @Test(
        arguments: [
            ("2026-11-21T08:00:00Z", "2026-11-21T08:00:00.000Z"),
            ("2026-11-21T09:30:00.5+01:30", "2026-11-21T08:00:00.500Z"),
            ("2026-11-21T03:00:00-0500", "2026-11-21T08:00:00.000Z"), ("2026-11-21T08:00:00+25:00", nil),
            ("2026-11-21", "2026-11-21T00:00:00.000Z"), ("2026-11-21T08:00:00", nil), ("-0100", nil),
        ] as [(String, String?)])
    func `times are read with their offset`(text: String, utc: String?) {
        #expect(Timestamp(withOffset: text)?.description == utc)
    }
}
