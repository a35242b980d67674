internal import CCurl
internal import Glibc
internal import Support

/// Waits until sockets are ready: an epoll set, and an eventfd that ends the wait. All but `wake` belongs to the HTTP thread.
@safe final class ReadySockets: @unchecked Sendable {
    private let set: Descriptor
    private let bell: Descriptor
    private let ready: UnsafeMutablePointer<epoll_event>
    private static let capacity: CInt = 64
    /// What is waited for at each socket, by its number; zero for nothing.
    private var interests: [UInt32] = []

    init() throws(HTTPError) {
        set = Descriptor(owning: epoll_create1(CInt(EPOLL_CLOEXEC)))
        bell = Descriptor(owning: eventfd(0, CInt(EFD_CLOEXEC | EFD_NONBLOCK)))
        unsafe ready = .allocate(capacity: Int(Self.capacity))
        guard set.number >= 0, bell.number >= 0 else { throw HTTPError(memoryFor: "an HTTP client") }
        // Edge-triggered: each ring is one event, and the eventfd need not be read.
        guard control(EPOLL_CTL_ADD, bell.number, EPOLLIN.rawValue | EPOLLET.rawValue) else {
            throw HTTPError(memoryFor: "an HTTP client")
        }
    }

    deinit { unsafe ready.deallocate() }

    /// From any thread: ends the wait under way, or else the next one.
    func wake() { eventfd_write(bell.number, 1) }

    /// Waits for these events of the socket from now on. For none it stays in the set, to be seen should anything come: its
    /// connection is idle then.
    func watch(_ socket: CInt, for events: UInt32) {
        let index = Int(socket)
        while interests.count <= index { interests.append(0) }
        let before = interests[index]
        interests[index] = events
        if events != 0 {
            if !control(EPOLL_CTL_MOD, socket, events) { control(EPOLL_CTL_ADD, socket, events) }
        } else if before != EPOLLIN.rawValue {
            control(EPOLL_CTL_MOD, socket, EPOLLIN.rawValue)
        }
    }

    /// Waits until a socket is ready, `wake` is called, or the time is over.
    ///
    /// - Parameters:
    ///   - milliseconds: -1 for no bound.
    ///   - serve: called with each ready socket and its events.
    func wait(milliseconds: CInt, serve: (_ socket: CInt, _ events: UInt32) -> Void) {
        let count = unsafe epoll_wait(set.number, ready, Self.capacity, milliseconds)
        for index in 0..<max(0, Int(count)) {
            let event = unsafe ready[index]
            let socket = unsafe event.data.fd
            if socket == bell.number { continue }
            if interests[Int(socket)] == 0 {
                giveUp(socket)
            } else {
                unsafe serve(socket, event.events)
            }
        }
    }

    /// Ends an idle connection on which something came: its end, or more of an answer than was told. libcurl 7.88 would use it
    /// again and take those bytes for the next request's answer; of a closed one it notices that it is closed.
    private func giveUp(_ socket: CInt) {
        // Fails where the number belongs to another file by now.
        guard control(EPOLL_CTL_DEL, socket, 0) else { return }
        shutdown(socket, CInt(SHUT_RDWR))
        unsafe withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { room in
            while unsafe recv(socket, room.baseAddress, room.count, CInt(MSG_DONTWAIT)) > 0 {}
        }
    }

    @discardableResult private func control(_ operation: CInt, _ socket: CInt, _ events: UInt32) -> Bool {
        var event = unsafe epoll_event()
        unsafe event.events = events
        unsafe event.data.fd = socket
        return unsafe epoll_ctl(set.number, operation, socket, &event) == 0
    }
}
