internal import Domain
internal import Glibc
package import ScanProtocol
package import Support

/// How the worker runs its scanner.
package struct ScannerConfiguration: Sendable {
    /// The path of the `lazaret-scanner` program.
    package var executable: String
    /// The folder of signatures.
    package var signatures: String
    /// How many objects are inspected at a time, each in a child process.
    package var children: Int
    /// The folder under which children unpack, best on tmpfs; nil for `TMPDIR` or `/tmp`.
    package var scratch: String?
    /// An object that killed this many children is given up.
    package var maxDeaths: Int
    /// One of two or more children never scans an object of more bytes than this; nil if each takes any object.
    package var largeOver: Int64?
    /// How long a scan may hold that child while other small objects wait. Then it is started again on another child.
    package var reservedTime = Duration.seconds(10)
    /// A child is replaced after this many requests (an object takes two). It bounds the number of objects that a
    /// hijacked child can lie about.
    package var requestsPerChild: Int
    /// A scanner is replaced by a new process after so many crashes of its children. All are forked from one image, so
    /// that each crash lets an uploader try one more guess at the same addresses and stack protector.
    package var crashesPerScanner = 64
    /// How long the engine may take to load.
    package var loadTimeout: Duration
    /// How long one identification may take.
    package var identifyTimeout: Duration
    /// Added to a scan's time limit before its child is killed, since the engine checks the time only now and then.
    package var grace: Duration
    /// How long the scanner may leave a slot without a child before it counts as lost.
    package var replacementTimeout: Duration
    /// The pause after a failed reload.
    package var reloadPause: Duration
    /// How often the signature folder is read, and how long a new set must be unchanged before it is loaded. Nil: the
    /// first set serves to the end.
    package var signatureInterval: Duration?
    /// What the sandbox must have for the scanner to start.
    package var sandbox: SandboxRequirement
    /// Whether signatures that need a fragment are left out where none of their fragments stands.
    package var matching = PatternMatching.whole
    /// The share of objects that are matched both ways, to compare: from 0 to 1.
    package var verifyMatching = 0.0
    /// Bytes that one child's scratch folder may hold; nil for the scanner's default.
    package var scratchLimit: Int64?
    /// Bytes of memory that one child may use beyond what all share; nil for the scanner's default.
    package var memory: Int64?

    package init(
        executable: String, signatures: String, children: Int, scratch: String? = nil, maxDeaths: Int = 2,
        requestsPerChild: Int = 200, loadTimeout: Duration = .seconds(600), identifyTimeout: Duration = .seconds(30),
        grace: Duration = .seconds(5),
        replacementTimeout: Duration = .seconds(30), reloadPause: Duration = .seconds(10),
        signatureInterval: Duration? = .seconds(10), sandbox: SandboxRequirement = .none, scratchLimit: Int64? = nil,
        memory: Int64? = nil, largeOver: Int64? = nil
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
        self.sandbox = sandbox
        self.scratchLimit = scratchLimit
        self.memory = memory
        self.largeOver = largeOver
    }

    /// The folder under which children unpack, with the default applied.
    package var scratchFolder: String {
        let temporary = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) }
        return scratch ?? temporary ?? "/tmp"
    }

    /// The least that a child may unpack, however small the disk is.
    private static let leastScratch: Int64 = 64 << 20

    /// Lowers the limit of each child so that all of them together fit on the disk of the scratch folder: no object
    /// can then make another one fail. Does nothing if the disk's size is unknown.
    package mutating func shareScratch(of disk: DiskSpace? = nil) {
        guard let disk = disk ?? DiskSpace(of: scratchFolder) else { return }
        let share = max(Self.leastScratch, (disk.total - disk.reserve) / Int64(max(1, children)))
        if share < childScratchLimit { scratchLimit = share }
    }

    /// Bytes that one child may write there.
    package var childScratchLimit: Int64 { scratchLimit ?? ScanLimits().maxScanSize }
}

/// Resources used by the scanner's main process and the children that it waited for.
package struct ScannerUsage: Sendable, Equatable {
    /// Processor time of all scanners that were started.
    package var cpu: Duration
    /// The largest resident set of any single process, including the memory that children share.
    package var maxResidentBytes: Int64

    package init(cpu: Duration = .zero, maxResidentBytes: Int64 = 0) {
        self.cpu = cpu
        self.maxResidentBytes = maxResidentBytes
    }
}
