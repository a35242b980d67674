import Domain
import Glibc
import TestKit
import Testing

/// The test kit itself: the local cloud, its operator, and the programs that tests start.
@Suite(.timeLimit(.minutes(1))) struct KitTests {
    @Test(arguments: NotificationRoute.allCases)
    func `an upload becomes a message`(_ route: NotificationRoute) async throws {
        let cloud = try await CloudOperator.shared()
        let bucket = "kit-\(route.rawValue)"
        let queue = try await cloud.createQueue(bucket)
        try await cloud.createBucket(bucket)
        try await cloud.notify(queue, of: bucket, by: route)
        try await cloud.put([1, 2, 3], bucket, "a b", .init(type: "image/png", tags: ["k": "v w"]))

        let expected = route == .eventBridge ? 1 : 2
        let bodies = try await cloud.take(expected, from: queue.url)
        #expect(bodies.filter { $0.contains(route == .eventBridge ? "a b" : "a+b") }.count == 1)
        #expect(bodies.filter { $0.contains("s3:TestEvent") }.count == expected - 1)
        let stored = try #require(try await cloud.get(bucket, "a b"))
        #expect(stored.bytes == [1, 2, 3])
        #expect(stored.type == "image/png" && stored.tags == ["k": "v w"])
    }

    @Test func `keys that differ in their bytes only are two objects`() async throws {
        let cloud = try await CloudOperator.shared()
        try await cloud.createBucket("kit-forms")
        for key in ["\u{E9}", "e\u{301}"] { try await cloud.put([], "kit-forms", key) }
        #expect(try await cloud.keys("kit-forms").map { Array($0.text.utf8) } == [[0x65, 0xCC, 0x81], [0xC3, 0xA9]])
    }

    @Test func `concurrent requests to the operator stay separate`() async throws {
        let cloud = try await CloudOperator.shared()
        try await cloud.createBucket("kit-crowd")
        try await withThrowingTaskGroup { group in
            for number in 0..<24 {
                group.addTask {
                    let bytes = [UInt8](repeating: UInt8(number), count: 200_000)
                    try await cloud.put(bytes, "kit-crowd", "\(number)")
                    #expect(try await cloud.get("kit-crowd", "\(number)")?.bytes == bytes)
                }
            }
            try await group.waitForAll()
        }
    }

    @Test func `writing to a program that has ended does not end the tests`() async throws {
        let program = try Program("/bin/true", [], environment: [:], holdingInput: true)
        #expect(try await program.exit(within: .seconds(30)).ending == .code(0))
        program.write([1])
        program.closeInput()
    }

    @Test func `the operator reports the cloud's error code`() async throws {
        let cloud = try await CloudOperator.shared()
        let refusal = await #expect(throws: CloudOperator.Refused.self) { try await cloud.keys("kit-nowhere") }
        #expect(refusal?.code == "NoSuchBucket")
    }

    @Test(arguments: [
        [:], ["AWS_EC2_METADATA_DISABLED": "false"], ["AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://169.254.169.254"],
    ])
    func `no test program can reach the EC2 metadata service`(_ environment: [String: String]) async throws {
        let exit = try await Program("/usr/bin/env", [], environment: environment).exit(within: .seconds(30))
        #expect(exit.standardOutput == "AWS_EC2_METADATA_DISABLED=true\n")
    }

    @Test func `a program's exit code and output are reported`() async throws {
        let exit = try await Program(
            "/bin/sh", ["-c", "echo out; echo err >&2; exit 3"], environment: [:]
        ).exit(within: .seconds(10))
        #expect(exit.ending == .code(3))
        #expect(exit.standardOutput == "out\n" && exit.standardError == "err\n")
    }

    @Test func `a program that does not end is killed`() async throws {
        let program = try Program("/bin/sleep", ["600"], environment: [:])
        await #expect(throws: Overdue.self) { try await program.exit(within: .milliseconds(50)) }
        #expect(kill(program.processID, 0) == -1)
    }

    @Test func `a signal reaches a program`() async throws {
        let program = try Program(
            "/bin/sh", ["-c", "trap 'exit 7' TERM; echo ready; while :; do sleep 0.05; done"],
            environment: ["PATH": "/bin"])
        _ = try await program.outputLine(within: .seconds(10)) { $0 == "ready" }
        program.send(SIGTERM)
        #expect(try await program.exit(within: .seconds(10)).ending == .code(7))
    }

    @Test func `the memory of a process and of its children is reported separately`() async throws {
        let script = """
            import subprocess, sys
            subprocess.run([sys.executable, "-c", "import time; b = bytearray(200 << 20); time.sleep(0.3)"])
            """
        let exit = try await Program(
            Project.python, ["-c", script], environment: ["PATH": "/usr/bin"], watchingMemory: true
        ).exit(within: .seconds(30))
        #expect((1 << 20..<100 << 20).contains(exit.memory.own))
        #expect((200 << 20..<300 << 20).contains(exit.memory.greatestChild))
    }
}
