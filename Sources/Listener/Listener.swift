internal import CMicroHTTPD
internal import Glibc

/// The response to a GET request.
package struct Page: Sendable {
    package let status: Int
    package let contentType: String
    package let body: [UInt8]

    package init(status: Int = 200, contentType: String = "text/plain; charset=utf-8", _ text: String) {
        self.status = status
        self.contentType = contentType
        body = Array(text.utf8)
    }
}

/// A small HTTP server for health and metrics, by libmicrohttpd on its own thread. It serves GET and HEAD.
@safe package final class Listener: Sendable {
    package struct ListenError: Error, CustomStringConvertible {
        package let address: ListenAddress
        package let reason: String
        package var description: String { "can't listen on \(address): \(reason); give --listen a free HOST:PORT" }
    }

    // Set once; libmicrohttpd synchronises access to the daemon.
    nonisolated(unsafe) private let daemon: OpaquePointer
    private let context: Unmanaged<Context>

    /// Starts listening.
    ///
    /// - Parameters:
    ///   - address: port 0 selects any free port.
    ///   - page: returns the page at a path, or nil for 404. Called on the server's thread: it must not block.
    package init(on address: ListenAddress, page: @escaping @Sendable (_ path: String) -> Page?) throws(ListenError) {
        let context = unsafe Unmanaged.passRetained(Context(page: page))
        errno = 0
        let started = unsafe address.withSocketAddress { socketAddress in
            unsafe cmhd_start(socketAddress, answer, context.toOpaque())
        }
        guard let daemon = unsafe started else {
            unsafe context.release()
            throw ListenError(
                address: address,
                reason: errno == 0
                    ? "unknown host, or not an address of this machine" : unsafe String(cString: strerror(errno)))
        }
        unsafe self.daemon = daemon
        unsafe self.context = context
    }

    deinit {
        unsafe MHD_stop_daemon(daemon)
        unsafe context.release()
    }

    /// The port in use.
    package var port: UInt16 { unsafe cmhd_port(daemon) }
}

private final class Context: Sendable {
    let page: @Sendable (String) -> Page?

    init(page: @escaping @Sendable (String) -> Page?) { self.page = page }
}

private let answer: MHD_AccessHandlerCallback = { context, connection, path, method, _, _, _, _ in
    guard let context = unsafe context, let path = unsafe path, let method = unsafe method else { return .NO }
    let verb = unsafe String(cString: method)
    let page: Page
    if verb != "GET" && verb != "HEAD" {
        page = Page(status: 405, "GET and HEAD only\n")
    } else {
        let pages = unsafe Unmanaged<Context>.fromOpaque(context).takeUnretainedValue()
        page = pages.page(unsafe String(cString: path)) ?? Page(status: 404, "no such page\n")
    }
    let response = unsafe page.body.withUnsafeBytes { body in
        unsafe MHD_create_response_from_buffer(
            body.count, UnsafeMutableRawPointer(mutating: body.baseAddress), .RESPMEM_MUST_COPY)
    }
    guard let response = unsafe response else { return .NO }
    defer { unsafe MHD_destroy_response(response) }
    unsafe MHD_add_response_header(response, "Content-Type", page.contentType)
    if page.status == 405 { unsafe MHD_add_response_header(response, "Allow", "GET, HEAD") }
    return unsafe MHD_queue_response(connection, UInt32(page.status), response)
}
