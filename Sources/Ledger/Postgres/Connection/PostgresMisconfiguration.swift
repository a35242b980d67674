/// A reason why libpq refuses to connect to a server that can be reached. Retrying does not help until it is corrected.
enum PostgresMisconfiguration: Equatable {
    /// The server's certificate, the client's, or TLS itself.
    case tls
    /// The password is missing, or libpq does not support the server's authentication method.
    case password
    /// A value in the address or the environment.
    case setting

    /// Returns nil if the message is not of such a reason.
    ///
    /// - Parameter message: libpq's message about the last host that it tried. libpq has no codes for these messages.
    ///   They are in English, since this program sets no locale for messages.
    init?(_ message: Substring) {
        func contains(_ parts: String...) -> Bool { parts.contains { message.contains($0) } }
        if message.hasPrefix("invalid ")
            || contains("invalid integer value", "could not match", "definition of service", "in service file")
        {
            self = .setting
        } else if contains("fe_sendauth: ", "channel binding", "authentication mechanisms", "authentication method") {
            self = .password
        } else if contains("does not support SSL", "certificate", "private key", "verified SSL connection") {
            self = .tls
        } else if contains("SSL error: ") && !contains("unexpected eof") {
            // An unexpected end is a server that stops, or a network failure.
            self = .tls
        } else {
            return nil
        }
    }

    var code: LedgerError.Code {
        switch self {
        case .tls: .untrusted
        case .password: .denied
        case .setting: .badAddress
        }
    }

    var hint: String {
        switch self {
        case .tls:
            "Compare the ledger's address with the server: sslrootcert must hold the authority that signed its certificate, the host must be a name in that certificate, and the server must speak TLS if sslmode requires it."
        case .password:
            "Set the role's password in PGPASSFILE or PGPASSWORD; libpq ignores a password file that others may read."
        case .setting: "Correct it in the ledger's address or in the environment."
        }
    }
}
