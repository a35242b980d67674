internal import Glibc
internal import Inspection
internal import Listener
internal import Pipelines
internal import Support

/// The checks of what the machine provides: descriptors, disks, the listen address.
extension CheckCommand {
    static func checkMachine(_ arguments: Arguments, _ pipelines: PipelineSet?, _ report: inout CheckReport) async {
        if let concurrency = try? arguments.integer("concurrency", in: 1...1024),
            let scanners = try? arguments.scannerCount()
        {
            await report.check("descriptors") { () async throws in
                ((), try DescriptorNeed(concurrency: concurrency, scanners: scanners).report())
            }
        }
        let largest = pipelines?.pipelines.compactMap(\.accept.maxSize).max()
        await report.check("spool") { () async throws in
            let folder = try arguments.spoolFolder()
            return ((), room(in: folder, for: largest.map { ($0, "the largest max-size") }))
        }
        await report.check("scratch") { () async throws in
            let limits = pipelines?.pipelines.map(\.limits) ?? []
            let scanning = try scannerConfiguration(arguments, children: 1, limits: limits)
            return ((), try scratch(scanning.scratchFolder, for: scanning.childScratchLimit))
        }
        if let address = arguments.text("listen").flatMap({ ListenAddress($0) }) {
            await report.check("listen") { () async throws in ((), try listen(on: address)) }
        }
    }

    /// The free room of a folder, with a warning if it is less than one object may need.
    static func room(in folder: String, for need: (bytes: Int64, what: String)?) -> String {
        guard let free = DiskSpace(of: folder)?.free else { return "\(folder); WARNING: its free room is unknown" }
        let text = "\(folder), \(humanBytes(free)) free"
        guard let need, free < need.bytes else { return text }
        return "\(text); WARNING: \(need.what) is \(humanBytes(need.bytes))"
    }

    private static func scratch(_ folder: String, for limit: Int64) throws -> String {
        guard unsafe access(folder, W_OK | X_OK) == 0 else {
            throw CommandFailure(
                .configuration,
                "\(SystemError(folder)): the scanners unpack there; let this user write it, or set TMPDIR to another folder"
            )
        }
        return room(in: folder, for: (limit, "what one object may unpack there (TMPDIR)"))
    }

    /// Listens for a moment. The worker on this machine may be the one that has the address.
    private static func listen(on address: ListenAddress) throws -> String {
        do {
            let listener = try Listener(on: address) { _ in nil }
            return "\(address) is free (port \(listener.port))"
        } catch {
            throw CommandFailure(.configuration, "\(error); a worker that runs already has it, perhaps")
        }
    }
}
