internal import CShims
package import Domain
import Glibc
import ScanProtocol
package import Support

/// The scanner as the worker sees it: a few processes that inspect one object each, and come back when one dies.
///
/// Safe to use from many tasks; a call waits its turn, first come, first served. No call holds a thread while it waits.
package final class Scanners: Sendable {
    private let configuration: ScannerConfiguration
    private let link: ScannerLink

    package convenience init(configuration: ScannerConfiguration, log: Log) {
        self.init(configuration: configuration, log: log) { () throws(ScannerError) in
            try ScannerProcess.spawn(configuration)
        }
    }

    init(
        configuration: ScannerConfiguration, log: Log,
        launch: @escaping @Sendable () throws(ScannerError) -> ScannerProcess
    ) {
        self.configuration = configuration
        link = ScannerLink(configuration: configuration, log: log, launch: launch)
    }

    deinit { link.abandon() }

    /// Starts the scanner and waits until its engine is loaded, which takes seconds with a large set of signatures.
    ///
    /// - Throws: `executable` or `start`, with what to do about it.
    package func start() async throws(ScannerError) -> EngineDescription { try await link.start() }

    /// Ends the scanner and all its children; calls that still wait end with `stopped`. Final.
    package func stop() async -> ScannerUsage { await link.stop() }

    /// The engine that serves at this moment.
    package func description() throws(ScannerError) -> EngineDescription { try link.description() }

    /// Whether the scanner was lost and could not be brought back so far, as with a signature folder that does not load. It is
    /// tried again by itself; what is asked meanwhile is answered `unavailable`.
    package var isDown: Bool { link.isDown }

    /// Calls `handler` each time that a scanner begins to serve.
    package func onServing(_ handler: @escaping @Sendable () -> Void) { link.onServing(handler) }

    /// How its signatures have fared since the start.
    package var signatures: SignatureStatus { link.withState { $0.signatures } }

    /// The MIME type of a file's first `size` bytes, as libmagic says.
    ///
    /// - Parameter descriptor: of a regular file with at least so many bytes; it stays the caller's, and its offset is left alone.
    /// - Throws: an error whose `finding` says so where the object is to blame.
    package func identify(_ descriptor: CInt, size: Int64) async throws(ScannerError) -> String {
        if size == 0 { return "application/x-empty" }
        let request = ScanRequest.identify(size: size)
        let answer = try await ask(request, descriptor, allowance: configuration.identifyTimeout) { reply in
            if case .type(let type) = reply { type } else { nil }
        }
        switch answer {
        case .given(let type, _):
            guard !type.isEmpty else { throw ScannerError(.untyped, "libmagic has no answer for these bytes") }
            return type
        case .died(let how):
            throw ScannerError(.died, "\(configuration.maxDeaths) processes ended over it, the last one \(how)")
        case .late:
            throw ScannerError(.timedOut, "its type was not found within \(configuration.identifyTimeout)")
        }
    }

    /// What the engine finds in a file, and whether it saw all of it.
    ///
    /// - Parameters:
    ///   - descriptor: of a regular file of exactly `size` bytes, which must not change any more; it stays the caller's.
    ///   - knownType: the MIME type that `identify` gave for the whole file; nil has it found again, for the types that
    ///     the engine does not open.
    /// - Throws: only where nothing can be said of the object. Its own faults are findings.
    package func scan(
        _ descriptor: CInt, size: Int64, limits: ScanLimits, knownType: String? = nil
    ) async throws(ScannerError) -> ScanReport {
        let allowance = limits.timeout + configuration.grace
        func report(of finding: Finding, milliseconds: Int64 = 0) throws(ScannerError) -> ScanReport {
            ScanReport(
                findings: [finding], engine: try link.description(), allowance: allowance, milliseconds: milliseconds,
                detectedType: knownType)
        }
        if size > engineCeiling, limits.overCeiling == .unscannable {
            return try report(
                of: Finding(
                    .limit, "over-engine-ceiling", detail: "\(size) bytes, and the engine takes \(engineCeiling)"))
        }
        let start = ContinuousClock.now
        let request = ScanRequest.scan(size: size, limits: limits, knownType: knownType)
        let answer = try await ask(request, descriptor, allowance: allowance) { reply in
            if case .scanned(let facts) = reply { facts } else { nil }
        }
        let finding: Finding
        switch answer {
        case .given(let facts, let engine):
            return ScanReport(
                facts, size: size, type: knownType, limits: limits, engine: engine, allowance: allowance)
        case .died(let how):
            finding = Finding(
                .limit, "scanner-died",
                detail: "\(configuration.maxDeaths) processes ended over it, the last one \(how)")
        case .late:
            finding = Finding(.limit, "timed-out", detail: "not done after \(allowance)")
        }
        return try report(of: finding, milliseconds: (ContinuousClock.now - start).wholeMilliseconds)
    }

    private enum Answer<Content> {
        case given(Content, EngineDescription)
        case died(String)
        case late
    }

    /// Asks until a child answers, `maxDeaths` have died over it, or one was out of time.
    ///
    /// - Parameter content: what a reply of the wanted kind holds; a reply of another kind counts as a death.
    private func ask<Content>(
        _ request: ScanRequest, _ descriptor: CInt, allowance: Duration, content: (ScanReply) -> Content?
    ) async throws(ScannerError) -> Answer<Content> {
        let file = try ReadOnlyFile(of: descriptor)
        var deaths = 0
        var losses = 0
        while true {
            switch await link.ask(request, descriptor: file.number, allowance: allowance) {
            case .reply(.refused(let reason), _):
                throw ScannerError(.refused, reason)
            case .reply(let reply, let engine):
                if let content = content(reply) { return .given(content, engine) }
                deaths += 1
                if deaths >= configuration.maxDeaths { return .died("answered another question") }
            case .late:
                return .late
            case .died(let how):
                deaths += 1
                if deaths >= configuration.maxDeaths { return .died(how) }
            case .lost(let how):
                losses += 1
                if losses >= configuration.maxDeaths {
                    throw ScannerError(.unavailable, "the scanner was lost \(losses) times, the last time \(how)")
                }
            case .unavailable(let error):
                throw error
            case .cancelled:
                throw ScannerError(.cancelled, "the inspection was cancelled")
            }
        }
    }
}

/// A second opening of a file, for reading only and with an offset of its own: what a child gets, so that it can neither
/// write to the worker's file nor move its place in it.
private struct ReadOnlyFile: ~Copyable {
    private let descriptor: Descriptor
    var number: CInt { descriptor.number }

    init(of descriptor: CInt) throws(ScannerError) {
        let opened = unsafe open("/proc/self/fd/\(descriptor)", O_RDONLY | O_CLOEXEC)
        guard opened >= 0 else {
            throw ScannerError(
                .descriptor, SystemError("opening the spool for reading").description,
                hint: "/proc must be mounted, and the spool's file belong to this user")
        }
        self.descriptor = Descriptor(owning: opened)
    }
}
