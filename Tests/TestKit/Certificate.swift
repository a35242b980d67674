internal import Foundation

/// A certificate that vouches for itself, with its key, for a server that a test runs; valid for two days.
package final class Certificate: Sendable {
    private let folder: TemporaryDirectory
    /// The certificate's file, which is its own authority's as well.
    package var certificate: String { folder.path + "/certificate.pem" }
    package var key: String { folder.path + "/key.pem" }

    /// - Parameter names: as in a certificate's `subjectAltName`.
    package init(names: String = "IP:127.0.0.1") async throws {
        folder = try TemporaryDirectory()
        let openssl = try HelperProcess(
            "openssl",
            [
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=lazaret test", "-addext",
                "subjectAltName=\(names)", "-keyout", key, "-out", certificate,
            ])
        let told = await openssl.wholeOutput()
        guard FileManager.default.fileExists(atPath: certificate) else { throw NoCertificate(told: told) }
    }
}

package struct NoCertificate: Error, CustomStringConvertible {
    package let told: String
    package var description: String { "openssl made no certificate: \(told)" }
}
