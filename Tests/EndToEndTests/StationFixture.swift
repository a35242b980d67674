import Domain
import Foundation
import TestKit
import Testing

/// The environment of one test's worker: buckets for incoming, clean and quarantined objects, a queue with
/// notifications, a pipeline, and a ledger.
struct StationFixture {
    let stack: MiniStack
    let cloud: CloudOperator
    let incoming: String
    let media: String
    let quarantine: String
    let queue: Queue
    let folder: TemporaryDirectory
    /// A file in `folder` unless a test says otherwise.
    var ledger: String

    /// - Parameters:
    ///   - name: unique among the tests; letters, digits and `-`.
    ///   - route: nil for no notifications; the test sends the messages itself.
    ///   - visibility: the queue's visibility timeout in seconds. Leases last as long, claims half as long.
    ///   - isEnforcing: whether the cloud checks policies.
    ///   - rules: a pipeline in which `INCOMING`, `MEDIA` and `QUARANTINE` stand for the buckets.
    init(
        _ name: String, versioned: Bool = false, route: NotificationRoute? = .direct, receives: Int = 5,
        visibility: Int = 30, rules: String = StationFixture.usualRules, isEnforcing: Bool = false
    ) async throws {
        stack = try await isEnforcing ? MiniStack.enforcing() : MiniStack.shared()
        cloud = try await isEnforcing ? CloudOperator(stack) : CloudOperator.shared()
        (incoming, media, quarantine) = ("\(name)-incoming", "\(name)-media", "\(name)-quarantine")
        folder = try TemporaryDirectory()
        ledger = "sqlite:\(folder.path)/lazaret.db"
        for bucket in [incoming, media, quarantine] { try await cloud.createBucket(bucket, versioned: versioned) }
        queue = try await cloud.createQueue(name, visibility: visibility, receives: receives)
        if let route { try await cloud.notify(queue, of: incoming, by: route) }
        try write(rules: rules)
    }

    func write(rules: String, as name: String = "rules") throws {
        var text = rules
        for (word, bucket) in [("INCOMING", incoming), ("MEDIA", media), ("QUARANTINE", quarantine)] {
            text = text.replacingOccurrences(of: word, with: bucket)
        }
        try folder.write(text, to: "pipelines/\(name).yaml")
    }

    static let usualRules = """
        pipeline: usual
        match:
          bucket: INCOMING
          prefix: uploads/
        accept:
          max-size: 1GiB
          types: [image/png, image/jpeg, application/pdf, application/zip, "text/*", inode/x-empty]
        then:
          clean:       { move: "s3://MEDIA/permanent/{rest}" }
          infected:    { quarantine: "s3://QUARANTINE/infected/{job}/{name}" }
          unscannable: { quarantine: "s3://QUARANTINE/unscannable/{job}/{name}" }
          rejected:    delete
        """

    /// Accepts every type, so that any bytes are clean unless a signature matches.
    static let laxRules = """
        pipeline: lax
        match:
          bucket: INCOMING
        accept:
          declared-type: ignore
        then:
          clean:       { move: "s3://MEDIA/{key}" }
          infected:    { quarantine: "s3://QUARANTINE/{job}" }
          unscannable: { quarantine: "s3://QUARANTINE/{job}" }
          rejected:    keep
        """

    // MARK: Commands

    static let lazaret = Project.binaries + "/lazaret"
    static let signatures = Project.root + "/samples/signatures"

    /// Starts `lazaret run`, which ends after `idle` seconds without messages.
    ///
    /// - Parameter asksStores: whether it asks the stores what they lack, by requests that other tests would count.
    func startWorker(
        idle: Int? = 1, asksStores: Bool = false, _ flags: [String] = [], environment: [String: String]? = nil,
        watchingMemory: Bool = false
    ) throws -> Program {
        var arguments = [
            "run", "--queue", queue.url, "--pipelines", folder.path + "/pipelines", "--ledger", ledger,
            "--signatures", Self.signatures, "--spool", folder.path,
        ]
        if let idle { arguments += ["--until-idle", "\(idle)"] }
        if !asksStores { arguments.append("--no-store-survey") }
        return try Program(
            Self.lazaret, arguments + flags, environment: environment ?? stack.environment, directory: folder.path,
            watchingMemory: watchingMemory)
    }

    /// Runs a worker until the queue is idle, requires that it exits with 0, and returns its summary.
    @discardableResult
    func settle(_ flags: [String] = [], sourceLocation: SourceLocation = #_sourceLocation) async throws -> Summary {
        let exit = try await startWorker(flags).exit(within: .seconds(90))
        try #require(exit.ending == .code(0), "\(exit.standardError)", sourceLocation: sourceLocation)
        return try Summary(of: exit)
    }

    /// All jobs of the ledger, from `lazaret jobs list --json`.
    ///
    /// - Parameters:
    ///   - other: the URL of a ledger instead of the station's own.
    ///   - filters: further flags.
    func jobs(ledger other: String? = nil, _ filters: [String] = []) async throws -> [JobLine] {
        let limit = filters.contains("--limit") ? [] : ["--limit", "100000"]
        let exit = try await Program(
            Self.lazaret, ["jobs", "list", "--json", "--ledger", other ?? ledger] + limit + filters, environment: [:]
        ).exit(within: .seconds(30))
        try #require(exit.ending == .code(0), "\(exit.standardError)")
        let lines = exit.standardOutput.split(separator: "\n")
        return try lines.map { try JSONDecoder().decode(JobLine.self, from: Data($0.utf8)) }
    }

    /// The only job of a key.
    func job(_ key: String) async throws -> JobLine {
        let found = try await jobs().filter { $0.key.utf8.elementsEqual(key.utf8) }
        try #require(found.count == 1, "\(found.count) jobs of \(key)")
        return found[0]
    }

    // MARK: Buckets and queue

    @discardableResult
    func upload(_ body: [UInt8], _ key: String, _ options: UploadOptions = .init(type: "text/plain")) async throws
        -> Written
    {
        try await cloud.put(body, incoming, key, options)
    }

    /// Requires that the queue and its dead-letter queue are empty, messages in flight included.
    func expectDrained(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        #expect(try await cloud.counts(queue.url) == .none, sourceLocation: sourceLocation)
        if let dead = queue.deadLetters {
            #expect(try await cloud.counts(dead) == .none, sourceLocation: sourceLocation)
        }
    }

    /// The keys in a bucket, in the store's order.
    func keys(_ bucket: String) async throws -> [String] { try await cloud.keys(bucket).map(\.text) }

    /// An ObjectCreated record in S3's format, for messages that a test sends itself.
    func record(
        _ key: String, size: Int, etag: String, version: String? = nil, sequencer: String = "0055AED6DCD90281E5"
    ) -> String {
        let quoted = version.map { #","versionId":"\#($0)""# } ?? ""
        return #"""
            {"eventVersion":"2.1","eventSource":"aws:s3","awsRegion":"us-east-1","eventTime":"2026-11-21T10:00:00.000Z",
            "eventName":"ObjectCreated:Put","s3":{"s3SchemaVersion":"1.0","bucket":{"name":"\#(incoming)"},
            "object":{"key":"\#(key)","size":\#(size),"eTag":"\#(etag)","sequencer":"\#(sequencer)"\#(quoted)}}}
            """#
    }
}
