internal import Glibc
internal import HTTP
internal import Support

/// What the sources of credentials share: settings, time, and the ways to the services that give them.
final class CredentialProviderContext: Sendable {
    let environment: [String: String]
    let settings: AWSSettings
    let clock: ClientClock
    private let http: HTTPClient
    private let local = Locked<HTTPClient?>(nil)

    init(environment: [String: String], settings: AWSSettings, http: HTTPClient, clock: ClientClock) {
        self.environment = environment
        self.settings = settings
        self.clock = clock
        self.http = http
    }

    var sts: STSClient { STSClient(settings: settings, http: http, clock: clock) }

    /// A variable that is set to something.
    func variable(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }

    /// A client for services on this machine and on its link, made when it is first needed: without a proxy, which would carry
    /// the request off to where it must not go, and with small bounds.
    func localClient() throws(AWSError) -> HTTPClient {
        let made: Result<HTTPClient, HTTPError> = local.withLock { local in
            if let local { return .success(local) }
            do throws(HTTPError) {
                let client = try HTTPClient(
                    configuration: HTTPConfiguration(
                        caFile: settings.caBundle, proxy: .none, idleConnections: 2, bodyLimit: 64 << 10,
                        errorBodyLimit: 64 << 10))
                local = client
                return .success(client)
            } catch { return .failure(error) }
        }
        do {
            return try made.get()
        } catch {
            throw AWSError(kind: .transient, code: error.code.rawValue, message: error.message, hint: error.hint)
        }
    }
}

/// A file's text without the white space around it, as tokens are kept; at most 64 KiB.
func readToken(_ path: String, named name: String) throws(AWSError) -> Secret {
    func failure(_ what: String, _ hint: String) -> AWSError {
        AWSError(kind: .credentials, code: "UnreadableToken", message: "\(name) \(path) \(what)", hint: hint)
    }
    guard let file = unsafe fopen(path, "re") else {
        throw failure(
            "can't be read: \(unsafe String(cString: strerror(errno)))",
            "Check the path, and that this process's user may read the file.")
    }
    defer { unsafe fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 64 << 10 + 1)
    let count = unsafe fread(&bytes, 1, bytes.count, file)
    guard unsafe ferror(file) == 0 else {
        throw failure(
            "can't be read: \(unsafe String(cString: strerror(errno)))", "Check that it is a file and not a folder.")
    }
    guard count < bytes.count else { throw failure("is larger than 64 KiB", "Check that it is a token's file.") }
    let isSpace: (UInt8) -> Bool = { $0 == 0x20 || (0x09...0x0D).contains($0) }
    let text = bytes[..<count].drop(while: isSpace)
    guard let last = text.lastIndex(where: { !isSpace($0) }) else {
        throw failure("is empty", "Check what writes the token; it is read again at the next attempt.")
    }
    guard text[...last].allSatisfy({ (0x20...0x7E).contains($0) }) else {
        throw failure("holds more than one line, or no plain text", "Check that it is a token's file.")
    }
    return Secret(String(decoding: text[...last], as: UTF8.self))
}
