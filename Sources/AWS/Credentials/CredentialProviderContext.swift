internal import Domain
internal import Glibc
internal import HTTP
internal import Support

/// The environment, settings, clocks and clients shared by credential sources.
final class CredentialProviderContext: Sendable {
    let environment: [String: String]
    let settings: AWSSettings
    let clocks: Clocks
    let jitter: @Sendable () -> Double
    private let http: HTTPClient
    private let local = Locked<HTTPClient?>(nil)

    init(
        environment: [String: String], settings: AWSSettings, http: HTTPClient, clocks: Clocks,
        jitter: @escaping @Sendable () -> Double
    ) {
        self.environment = environment
        self.settings = settings
        self.clocks = clocks
        self.jitter = jitter
        self.http = http
    }

    var sts: STSClient { STSClient(settings: settings, http: http, clocks: clocks, jitter: jitter) }

    /// The default name of a role session, which CloudTrail shows.
    var sessionName: String { "lazaret-\(clocks.wall().milliseconds)" }

    /// Returns a variable of the environment, or nil if it is not set or empty.
    func variable(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }

    /// Returns the client for loopback and link-local endpoints, which is created when first needed. It uses no proxy,
    /// since that would send the request to another machine, and has small limits.
    func localClient() throws(AWSError) -> HTTPClient {
        let client: Result<HTTPClient, HTTPError> = local.withLock { local in
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
            return try client.get()
        } catch {
            throw AWSError(kind: .transient, code: error.code.rawValue, message: error.message, hint: error.hint)
        }
    }
}

/// Reads a token file of at most 64 KiB and trims surrounding white space.
func readToken(_ path: String, named name: String) throws(AWSError) -> Secret {
    func failure(_ reason: String, _ hint: String) -> AWSError {
        AWSError(kind: .credentials, code: "UnreadableToken", message: "\(name) \(path) \(reason)", hint: hint)
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
            "can't be read: \(unsafe String(cString: strerror(errno)))", "Check that it is a file and not a directory.")
    }
    guard count < bytes.count else { throw failure("is larger than 64 KiB", "Check that it is a token file.") }
    let isSpace: (UInt8) -> Bool = { $0 == 0x20 || (0x09...0x0D).contains($0) }
    let text = bytes[..<count].drop(while: isSpace)
    guard let last = text.lastIndex(where: { !isSpace($0) }) else {
        throw failure("is empty", "Check what writes the token; the file is read again at the next attempt.")
    }
    guard text[...last].allSatisfy({ (0x20...0x7E).contains($0) }) else {
        throw failure("has more than one line or is not printable ASCII", "Check that it is a token file.")
    }
    return Secret(String(decoding: text[...last], as: UTF8.self))
}
