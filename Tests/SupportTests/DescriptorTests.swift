import Glibc
import Support
import Testing

struct DescriptorTests {
    /// Two ends of a connection. Closing one shows at the other, even if its number is reused.
    private func connection() -> (reading: CInt, writing: CInt) {
        var ends: [CInt] = [-1, -1]
        let type = CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        #expect(socketpair(AF_UNIX, type, 0, &ends) == 0)
        return (ends[0], ends[1])
    }

    /// Whether the writing end is closed: a read then returns 0 instead of failing with `EAGAIN`.
    private func isAtEnd(_ reading: CInt) -> Bool {
        var byte: UInt8 = 0
        return read(reading, &byte, 1) == 0
    }

    @Test func `a descriptor is closed with its owner`() {
        let ends = connection()
        let reading = Descriptor(owning: ends.reading)
        do {
            let writing = Descriptor(owning: ends.writing)
            #expect(writing.number == ends.writing)
            #expect(!isAtEnd(reading.number))
            _ = consume writing
        }
        #expect(isAtEnd(reading.number))
    }

    @Test func `a released descriptor stays open`() {
        let ends = connection()
        let reading = Descriptor(owning: ends.reading)
        let number = Descriptor(owning: ends.writing).release()
        #expect(number == ends.writing && !isAtEnd(reading.number))
        #expect(close(number) == 0)
        #expect(isAtEnd(reading.number))
    }

    @Test func `an error describes the operation and the system's reason`() {
        #expect(SystemError("open the spool", code: ENOSPC).description == "open the spool: No space left on device")
        errno = EACCES
        #expect(SystemError("open").code == EACCES)
    }
}
