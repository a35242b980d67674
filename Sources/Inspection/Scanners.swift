internal import CShims
package import Domain
import Glibc
package import ScanProtocol
package import Support

/// The scanner as the worker uses it: a pool of child processes that inspect one object each and are replaced when they
/// die.
///
/// Safe to use from many tasks. Calls are served in order of arrival, and a waiting call blocks no thread.
package final class Scanners: Sendable {
    private let configuration: ScannerConfiguration
    private let link: ScannerLink
    private let log: Log
    private let verification = MatchingVerification()

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
        self.log = log
        link = ScannerLink(configuration: configuration, log: log, launch: launch)
    }

    deinit { link.abandon() }

    /// Starts the scanner and waits until its engine is loaded, which takes seconds with a large set of signatures.
    ///
    /// - Throws: `executable` or `start`, with a hint.
    package func start() async throws(ScannerError) -> EngineDescription { try await link.start() }

    /// Stops the scanner and all its children for good. Calls that still wait throw `stopped`.
    package func stop() async -> ScannerUsage { await link.stop() }

    /// The engine that serves now.
    package func description() throws(ScannerError) -> EngineDescription { try link.description() }

    /// The signature set that serves now, as evidence has it; nil if none serves.
    package var signatureSet: [SignatureDatabase]? { try? description().databases.map(\.withoutCount) }

    /// The engine that serves now, by each name that evidence may give it: without the filter, and with it if it is in
    /// use.
    package var engines: [String] {
        guard let engine = try? description() else { return [] }
        let isFiltered = engine.matching.isFiltered && verification.isFilterTrusted
        return [engine.name(isFiltered: false)] + (isFiltered ? [engine.name(isFiltered: true)] : [])
    }

    /// Whether the scanner was lost and could not be started again so far, for example because the signatures do not
    /// load. It is retried; calls meanwhile throw `unavailable`.
    package var isDown: Bool { link.isDown }

    /// Calls `handler` each time a scanner starts to serve.
    package func onServing(_ handler: @escaping @Sendable () -> Void) { link.onServing(handler) }

    /// The signature handovers since the start.
    package var signatures: SignatureStatus { link.withState { $0.signatures } }

    /// The MIME type of a file's first `size` bytes.
    ///
    /// - Parameters:
    ///   - descriptor: of a regular file with at least `size` bytes. The caller keeps it, and its offset is not moved.
    ///   - encoding: if the bytes are encoded so, the type is that of the decoded content.
    /// - Throws: an error with an `objectFailure` if the object is to blame.
    package func identify(
        _ descriptor: CInt, size: Int64, encoding: ContentEncoding? = nil
    ) async throws(ScannerError) -> String {
        if size == 0 { return "application/x-empty" }
        let (type, _) = try await ask(
            .identify(size: size, encoding: encoding), descriptor, allowance: configuration.identifyTimeout,
            timeoutMessage: "its type was not found within \(configuration.identifyTimeout)"
        ) { reply in
            if case .type(let type) = reply { type } else { nil }
        }
        guard !type.isEmpty else { throw ScannerError(.untyped, "libmagic has no answer for these bytes") }
        return type
    }

    /// Scans a file.
    ///
    /// - Parameters:
    ///   - descriptor: of a regular file of exactly `size` bytes, which must not change any more. The caller keeps it.
    ///   - knownType: the MIME type that `identify` gave for the whole file; nil has the child find it, for the types
    ///     that the engine does not open.
    ///   - encoding: by which the file's user will decode it.
    ///   - matching: nil takes what the configuration says.
    /// - Throws: if nothing is known of the object. Failures that the object caused are in the answer.
    package func inspect(
        _ descriptor: CInt, size: Int64, limits: ScanLimits, knownType: String? = nil,
        encoding: ContentEncoding? = nil, matching: PatternMatching? = nil
    ) async throws(ScannerError) -> ScanAnswer {
        let allowance = limits.timeout * engineCount + configuration.grace
        if size > EngineLimits.ceiling, limits.overCeiling == .unscannable {
            return ScanAnswer(.overCeiling, engine: try link.description(), allowance: allowance)
        }
        let start = ContinuousClock.now
        let matching = matching ?? verification.next(share: verifiedShare)
        do throws(ScannerError) {
            let (facts, engine) = try await ask(
                .scan(
                    size: size, limits: limits, knownType: knownType, encoding: encoding,
                    matching: matching),
                descriptor, allowance: allowance,
                timeoutMessage: "not done after \(allowance)"
            ) { reply in
                if case .scanned(let facts) = reply { facts } else { nil }
            }
            if matching == .verified { noteVerified(missed: facts.missedAlerts) }
            return ScanAnswer(.scanned(facts), engine: engine, allowance: allowance)
        } catch {
            guard let failure = error.objectFailure else { throw error }
            let milliseconds = (ContinuousClock.now - start).wholeMilliseconds
            return ScanAnswer(
                .failed(failure, milliseconds: milliseconds), engine: try link.description(), allowance: allowance)
        }
    }

    /// The most engines that inspect an object, each in the time of one scan.
    private var engineCount: Int { (try? link.description())?.matching.engineCount ?? 1 }

    /// The share of objects that are matched both ways: none without a filter.
    private var verifiedShare: Double {
        guard configuration.verifyMatching > 0, let engine = try? link.description() else { return 0 }
        return engine.matching.isFiltered ? configuration.verifyMatching : 0
    }

    /// Counts an object that was matched both ways. If the filter left out signatures that match, it is reported, and
    /// leaves out none from then on.
    private func noteVerified(missed alerts: [String]) {
        verification.note(isDifferent: !alerts.isEmpty)
        guard !alerts.isEmpty else { return }
        log(.error, "the filter of signatures missed a match; from now on all signatures are matched") { json in
            json.field("signatures", alerts)
        }
    }

    /// The objects that were matched both ways, and those in which the filter missed a match.
    package var matchingVerification: MatchingVerification.Counts { verification.counts }

    /// Sends a request until a child answers.
    ///
    /// - Parameter content: returns what a reply of the wanted kind holds; nil for another reply, which counts as a
    ///   death.
    /// - Throws: `died` after `maxDeaths` deaths, `noProgress` or `outOfMemory` after the first, `timedOut` if a child
    ///   did not answer in time, or why no child can answer.
    private func ask<Content>(
        _ request: ScanRequest, _ descriptor: CInt, allowance: Duration, timeoutMessage: String,
        content: (ScanReply) -> Content?
    ) async throws(ScannerError) -> (Content, EngineDescription) {
        let file = try ReadOnlyFile(of: descriptor)
        var deaths = 0
        var losses = 0
        while true {
            let reason: String
            switch await link.ask(request, descriptor: file.number, allowance: allowance) {
            case .reply(.refused(let reason), _):
                throw ScannerError(.refused, reason)
            case .reply(let reply, let engine):
                if let content = content(reply) { return (content, engine) }
                reason = "answered another question"
            case .died(let how):
                reason = how
            case .gaveUp(let end, let how):
                throw ScannerError(end == .outOfMemory ? .outOfMemory : .noProgress, how)
            case .timedOut:
                throw ScannerError(.timedOut, timeoutMessage)
            case .lost(let how):
                losses += 1
                if losses >= configuration.maxDeaths {
                    throw ScannerError(.unavailable, "the scanner was lost \(losses) times, the last time \(how)")
                }
                continue
            case .unavailable(let error):
                throw error
            case .cancelled:
                throw ScannerError(.cancelled, "the inspection was cancelled")
            }
            deaths += 1
            if deaths >= configuration.maxDeaths {
                throw ScannerError(.died, "\(deaths) processes ended over it, the last one \(reason)")
            }
        }
    }
}

/// A second, read-only open of a file, which a child receives. The child can neither write to the worker's file nor
/// move its offset.
private struct ReadOnlyFile: ~Copyable {
    private let descriptor: Descriptor
    var number: CInt { descriptor.number }

    init(of descriptor: CInt) throws(ScannerError) {
        let opened = unsafe open("/proc/self/fd/\(descriptor)", O_RDONLY | O_CLOEXEC)
        guard opened >= 0 else {
            throw ScannerError(
                .descriptor, SystemError("opening the spool for reading").description,
                hint: "/proc must be mounted, and the spool must belong to this user")
        }
        self.descriptor = Descriptor(owning: opened)
    }
}
