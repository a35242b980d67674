internal import CCurl
internal import Glibc
internal import Support

/// Waits until sockets are ready, with an epoll set and an eventfd that ends the wait. Everything except `wake` runs on
/// the HTTP thread.
@safe final class SocketPoller: @unchecked Sendable {
    private let epoll: Descriptor
    private let wakeup: Descriptor
    private let ready: UnsafeMutablePointer<epoll_event>
    private static let capacity: CInt = 64
    /// The events waited for, indexed by socket; 0 means none.
    private var interests: [UInt32] = []

    init() throws(HTTPError) {
        epoll = Descriptor(owning: epoll_create1(CInt(EPOLL_CLOEXEC)))
        wakeup = Descriptor(owning: eventfd(0, CInt(EFD_CLOEXEC | EFD_NONBLOCK)))
        unsafe ready = .allocate(capacity: Int(Self.capacity))
        guard epoll.number >= 0, wakeup.number >= 0 else { throw HTTPError(outOfMemoryFor: "an HTTP client") }
        // Edge-triggered: each write is one event, and the eventfd need not be read.
        guard control(EPOLL_CTL_ADD, wakeup.number, EPOLLIN.rawValue | EPOLLET.rawValue) else {
            throw HTTPError(outOfMemoryFor: "an HTTP client")
        }
    }

    deinit { unsafe ready.deallocate() }

    /// Ends the current wait or, if there is none, the next one. May be called on any thread.
    func wake() { eventfd_write(wakeup.number, 1) }

    /// Changes the events waited for. A socket without events stays in the set: its connection is idle, and anything
    /// that arrives on it must be noticed.
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

    /// Waits until a socket is ready, `wake` is called or the time has passed.
    ///
    /// - Parameters:
    ///   - milliseconds: -1 means no limit.
    ///   - handle: called with each ready socket and its events.
    func wait(milliseconds: CInt, handle: (_ socket: CInt, _ events: UInt32) -> Void) {
        let count = unsafe epoll_wait(epoll.number, ready, Self.capacity, milliseconds)
        for index in 0..<max(0, Int(count)) {
            let event = unsafe ready[index]
            let socket = unsafe event.data.fd
            if socket == wakeup.number { continue }
            if interests[Int(socket)] == 0 {
                shutDownIdle(socket)
            } else {
                unsafe handle(socket, event.events)
            }
        }
    }

    /// Shuts down an idle connection on which something arrived: its end, or bytes beyond the declared length of a
    /// response. libcurl 7.88 would reuse the connection and read those bytes as the next response; it does notice a
    /// closed connection.
    private func shutDownIdle(_ socket: CInt) {
        // Fails if the number belongs to another file by now.
        guard control(EPOLL_CTL_DEL, socket, 0) else { return }
        shutdown(socket, CInt(SHUT_RDWR))
        unsafe withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
            while unsafe recv(socket, buffer.baseAddress, buffer.count, CInt(MSG_DONTWAIT)) > 0 {}
        }
    }

    @discardableResult private func control(_ operation: CInt, _ socket: CInt, _ events: UInt32) -> Bool {
        var event = unsafe epoll_event()
        unsafe event.events = events
        unsafe event.data.fd = socket
        return unsafe epoll_ctl(epoll.number, operation, socket, &event) == 0
    }
}
