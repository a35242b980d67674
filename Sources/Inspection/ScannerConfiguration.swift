internal import Domain
internal import Glibc

/// How the worker runs its scanner.
package struct ScannerConfiguration: Sendable {
    /// The path of the `lazaret-scanner` program.
    package var executable: String
    /// The folder of signatures.
    package var signatures: String
    /// How many objects are inspected at a time; one process each.
    package var children: Int
    /// The folder under which the engine unpacks, best on tmpfs; `TMPDIR` or `/tmp` where nil.
    package var scratch: String?
    /// An object that killed its child this many times is given up.
    package var maxDeaths: Int
    /// A child that has answered so many requests (an object takes two) gives way to a fresh one: a child that was taken
    /// over unnoticed could lie about each object that it is handed afterwards, and this bounds how many those are.
    package var requestsPerChild: Int
    /// How long the engine may take to load.
    package var loadTimeout: Duration
    /// How long one identification may take.
    package var identifyTimeout: Duration
    /// What a scan gets on top of its own limit before its child is killed: the engine looks at its clock now and then.
    package var grace: Duration
    /// How long the scanner may leave a slot without a child, before it is taken for lost.
    package var replacementTimeout: Duration
    /// After a reload that failed, the next one waits this long.
    package var reloadPause: Duration
    /// The signature folder is looked at so often; a set that has not changed for so long is switched to. Nil: the
    /// signatures that were loaded first serve to the end.
    package var signatureInterval: Duration?
    /// Whether the scanner may start only where the machine gives every layer of its sandbox.
    package var requiresSandbox: Bool
    /// Bytes that one child's scratch folder may hold; the scanner's own default where nil.
    package var scratchLimit: Int64?
    /// Bytes of memory that one child may take beyond what all share; the scanner's own default where nil.
    package var memory: Int64?

    package init(
        executable: String, signatures: String, children: Int, scratch: String? = nil, maxDeaths: Int = 3,
        requestsPerChild: Int = 200, loadTimeout: Duration = .seconds(600), identifyTimeout: Duration = .seconds(30),
        grace: Duration = .seconds(5),
        replacementTimeout: Duration = .seconds(30), reloadPause: Duration = .seconds(10),
        signatureInterval: Duration? = .seconds(10), requiresSandbox: Bool = false, scratchLimit: Int64? = nil,
        memory: Int64? = nil
    ) {
        self.executable = executable
        self.signatures = signatures
        self.children = children
        self.scratch = scratch
        self.maxDeaths = maxDeaths
        self.requestsPerChild = requestsPerChild
        self.loadTimeout = loadTimeout
        self.identifyTimeout = identifyTimeout
        self.grace = grace
        self.replacementTimeout = replacementTimeout
        self.reloadPause = reloadPause
        self.signatureInterval = signatureInterval
        self.requiresSandbox = requiresSandbox
        self.scratchLimit = scratchLimit
        self.memory = memory
    }

    /// The folder that the engine unpacks under, as it is.
    package var scratchFolder: String {
        let temporary = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) }
        return scratch ?? temporary ?? "/tmp"
    }

    /// Bytes that one child may come to write there.
    package var scratchShare: Int64 { scratchLimit ?? ScanLimits().maxScanSize }
}

/// What the scanner used, of its first process and all children that it saw end.
package struct ScannerUsage: Sendable, Equatable {
    /// Processor time, of all scanners that were started.
    package var cpu: Duration
    /// The largest resident set that any one of the processes had. What children share with the first one is in it.
    package var maxResidentBytes: Int64

    package init(cpu: Duration = .zero, maxResidentBytes: Int64 = 0) {
        self.cpu = cpu
        self.maxResidentBytes = maxResidentBytes
    }
}
