import Listener
import Testing

struct ListenAddressTests {
    @Test(
        arguments: [
            ("127.0.0.1:9464", "127.0.0.1", 9464), ("localhost:0", "localhost", 0), ("[::1]:9464", "::1", 9464),
            ("[::]:65535", "::", 65535), ("worker-1.internal:80", "worker-1.internal", 80),
        ] as [(String, String, UInt16)])
    func `a host and a port are parsed`(_ text: String, _ host: String, _ port: UInt16) throws {
        let address = try #require(ListenAddress(text))
        #expect(address.host == host && address.port == port)
        #expect(address.description == text)
    }

    @Test(arguments: [
        "", ":", ":9464", "9464", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536", "127.0.0.1:-1",
        "127.0.0.1:+80", "127.0.0.1: 80", "::1:9464", "::1", "[::1]", "[::1]:", "[]:80", "[::1:80", "::1]:80",
        "[localhost]:80", "[[::1]]:80", "http://127.0.0.1:80", "a b:80",
    ])
    func `any other text is not an address`(_ text: String) { #expect(ListenAddress(text) == nil) }
}
