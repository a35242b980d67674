import Glibc
import Support
import Testing

struct SpawnProcessTests {
    private func opened(_ path: String) throws -> Descriptor {
        let number = open(path, O_RDONLY | O_CLOEXEC)
        try #require(number >= 0)
        return Descriptor(owning: number)
    }

    /// Returns what a program writes to its descriptor 1, and expects it to exit with 0.
    ///
    /// - Parameter targets: further descriptors of the program, by number.
    private func output(_ arguments: [String], environment: [String] = [], _ targets: [Int: CInt] = [:]) throws
        -> String
    {
        var ends: [CInt] = [-1, -1]
        try #require(pipe(&ends) == 0)
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let reading = Descriptor(owning: ends[0])
        var descriptors = [CInt?](repeating: nil, count: (targets.keys.max() ?? 2) + 1)
        for (target, descriptor) in targets { descriptors[target] = descriptor }
        descriptors[1] = ends[1]
        descriptors[2] = STDERR_FILENO
        let process = Result { try spawnProcess(arguments, environment: environment, descriptors: descriptors) }
        close(ends[1])
        var bytes: [UInt8] = []
        var room = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(reading.number, &room, room.count)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { break }
            bytes += room[..<count]
        }
        var status: CInt = 0
        while waitpid(try process.get(), &status, 0) < 0 && errno == EINTR {}
        #expect(status == 0)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func `descriptors that are each other's target are swapped`() throws {
        let one = try opened("/etc/passwd")
        let other = try opened("/etc/group")
        let (a, b) = (one.number, other.number)
        let text = try output(
            ["readlink", "/proc/self/fd/\(a)", "/proc/self/fd/\(b)"], [Int(a): b, Int(b): a])
        #expect(text == "/etc/group\n/etc/passwd\n")
    }

    @Test func `a descriptor that is its own target stays open`() throws {
        let file = try opened("/etc/passwd")
        let text = try output(["readlink", "/proc/self/fd/\(file.number)"], [Int(file.number): file.number])
        #expect(text == "/etc/passwd\n")
    }

    @Test func `one descriptor may have two targets`() throws {
        let file = try opened("/etc/passwd")
        let target = Int(file.number)
        let text = try output(
            ["readlink", "/proc/self/fd/\(target)", "/proc/self/fd/\(target + 1)"],
            [target: file.number, target + 1: file.number])
        #expect(text == "/etc/passwd\n/etc/passwd\n")
    }

    @Test func `the program inherits nothing else`() throws {
        // A descriptor without close-on-exec, far from those that a shell opens for itself.
        let file = try opened("/etc/passwd")
        let open = Descriptor(owning: fcntl(file.number, F_DUPFD, 100))
        defer { withExtendedLifetime(open) {} }
        try #require(open.number >= 100)
        let text = try output(
            ["sh", "-c", "echo /proc/self/fd/*; readlink /proc/self/fd/0; env"], environment: ["N=v=w"])
        let lines = text.split(separator: "\n").map(String.init)
        try #require(lines.count >= 2)
        // Descriptor 3 is the one by which the shell lists the folder.
        #expect(lines[0] == "/proc/self/fd/0 /proc/self/fd/1 /proc/self/fd/2 /proc/self/fd/3")
        #expect(lines[1] == "/dev/null")
        // The shell sets these two itself.
        #expect(lines[2...].filter { !$0.hasPrefix("PWD=") && !$0.hasPrefix("_=") } == ["N=v=w"])
    }

    @Test func `the error names a program that cannot be started`() {
        let error = #expect(throws: SystemError.self) {
            try spawnProcess(["/no/such/program"], environment: [], descriptors: [nil, nil, nil])
        }
        #expect(error?.code == ENOENT)
        #expect(error?.operation == "starting /no/such/program")
    }
}
