import Glibc
import Support
import TestKit
import Testing

struct NotifySocketTests {
    @Test(arguments: [true, false]) func `each message is one datagram of lines`(_ isAbstract: Bool) throws {
        let manager = try ManagerSocket(isAbstract: isAbstract)
        let socket = try #require(NotifySocket(manager.address))
        try socket.send(["READY=1", "STATUS=takes on work"])
        try socket.send(["WATCHDOG=1"])
        #expect(manager.next() == ["READY=1", "STATUS=takes on work"])
        #expect(manager.next() == ["WATCHDOG=1"])
    }

    @Test(arguments: ["", "relative", "vsock:2:1234", "@", "/", "/" + String(repeating: "a", count: 107)])
    func `an address that is none of a Unix socket is not used`(_ address: String) {
        #expect(NotifySocket(address) == nil)
    }

    @Test func `the longest address of a socket is used`() throws {
        let name = "@" + String(repeating: "n", count: 106)
        let manager = try ManagerSocket(address: name)
        try #require(NotifySocket(name)).send(["READY=1"])
        #expect(manager.next() == ["READY=1"])
    }

    @Test func `a manager that is gone is an error`() throws {
        let folder = try TemporaryDirectory()
        let socket = try #require(NotifySocket(folder.path + "/none"))
        let error = #expect(throws: SystemError.self) { try socket.send(["READY=1"]) }
        #expect(error?.code == ENOENT)
    }

    @Test func `a manager that reads nothing is waited for only a moment`() throws {
        let manager = try ManagerSocket(isAbstract: true)
        let socket = try #require(NotifySocket(manager.address))
        let start = ContinuousClock.now
        // The queue of a datagram socket holds some hundred messages (net.unix.max_dgram_qlen).
        let error = #expect(throws: SystemError.self) {
            for _ in 0..<100_000 { try socket.send(["WATCHDOG=1"]) }
        }
        #expect(error?.code == EAGAIN)
        #expect(ContinuousClock.now - start < .seconds(30))
    }
}
