internal import Foundation

/// A self-signed certificate and its key for a server that a test runs, valid for two days.
package final class Certificate: Sendable {
    private let folder: TemporaryDirectory
    /// The path of the certificate, which is also the CA file.
    package var certificate: String { folder.path + "/certificate.pem" }
    package var key: String { folder.path + "/key.pem" }

    /// - Parameter names: the `subjectAltName`.
    package init(names: String = "IP:127.0.0.1") async throws {
        folder = try TemporaryDirectory()
        let openssl = try HelperProcess(
            "openssl",
            [
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=lazaret test", "-addext",
                "subjectAltName=\(names)", "-keyout", key, "-out", certificate,
            ])
        let output = await openssl.wholeOutput()
        guard FileManager.default.fileExists(atPath: certificate) else { throw NoCertificate(output: output) }
    }
}

package struct NoCertificate: Error, CustomStringConvertible {
    package let output: String
    package var description: String { "openssl created no certificate: \(output)" }
}
