package import Domain

/// A message from the scanner's main process to the worker, on the control socket. The main process never reads an
/// object's bytes, nor what its children send to the worker.
///
/// | message | accepted | otherwise |
/// |---|---|---|
/// | `ready` | once, first | the scanner is lost |
/// | `failed` | always; the reason is reported once the scanner has ended | |
/// | `childStarted` | after `ready`, for an empty slot, with a socket attached | the scanner is lost |
/// | `childEnded` | always; ignored if the slot has another child | |
///
/// A scanner that is lost is killed, its calls are made again, and another scanner is started
/// (`Inspection/ScannerListener.swift`).
package enum ControlReport: Sendable, Equatable {
    /// The engine is loaded; children follow.
    case ready(EngineFacts)
    /// The scanner cannot work and exits; the reason says what to do.
    case failed(reason: String)
    /// A child waits for requests on the socket that is attached to this packet.
    case childStarted(slot: Int, process: Int32)
    /// A child ended. The status is waitpid(2)'s; the reason is the bound that the child exceeded, or empty.
    case childEnded(slot: Int, process: Int32, status: Int32, reason: String = "")

    private enum Tag {
        static let ready: UInt8 = 129
        static let failed: UInt8 = 130
        static let childStarted: UInt8 = 131
        static let childEnded: UInt8 = 132
    }

    package var packet: [UInt8] {
        switch self {
        case .ready(let facts):
            var writer = PacketWriter(tag: Tag.ready)
            facts.write(to: &writer)
            return writer.bytes
        case .failed(let reason):
            var writer = PacketWriter(tag: Tag.failed)
            writer.write(reason)
            return writer.bytes
        case .childStarted(let slot, let process):
            var writer = PacketWriter(tag: Tag.childStarted)
            writer.write(UInt16(slot))
            writer.write(process)
            return writer.bytes
        case .childEnded(let slot, let process, let status, let reason):
            var writer = PacketWriter(tag: Tag.childEnded)
            writer.write(UInt16(slot))
            writer.write(process)
            writer.write(status)
            writer.write(reason)
            return writer.bytes
        }
    }

    package init(packet: [UInt8], count: Int) throws(PacketError) {
        var reader = try PacketReader(packet, count: count)
        switch reader.tag {
        case Tag.ready:
            self = .ready(try EngineFacts(from: &reader))
        case Tag.failed:
            self = .failed(reason: try reader.text())
        case Tag.childStarted:
            self = .childStarted(slot: Int(try reader.number(UInt16.self)), process: try reader.count("process"))
        case Tag.childEnded:
            self = .childEnded(
                slot: Int(try reader.number(UInt16.self)), process: try reader.count("process"),
                status: try reader.number(), reason: try reader.text())
        default:
            throw .unknownTag(reader.tag)
        }
        try reader.finish()
    }
}

/// A message from the worker to the scanner's main process. Closing the control socket tells the scanner to stop.
package enum ControlOrder: Sendable, Equatable {
    /// Kill the child of this slot, unless the slot has another child by now.
    case kill(slot: Int, process: Int32)

    private static let killTag: UInt8 = 193

    package var packet: [UInt8] {
        switch self {
        case .kill(let slot, let process):
            var writer = PacketWriter(tag: Self.killTag)
            writer.write(UInt16(slot))
            writer.write(process)
            return writer.bytes
        }
    }

    package init(packet: [UInt8], count: Int) throws(PacketError) {
        var reader = try PacketReader(packet, count: count)
        guard reader.tag == Self.killTag else { throw .unknownTag(reader.tag) }
        self = .kill(slot: Int(try reader.number(UInt16.self)), process: try reader.count("process"))
        try reader.finish()
    }
}

/// The engine and its signatures, as loaded.
package struct EngineFacts: Sendable, Equatable {
    /// `ClamAV 1.4.6`
    package var engine: String
    /// Number of signatures in all databases, as counted by the engine.
    package var signatures: Int64
    package var databases: [SignatureDatabase]
    /// Whether the signatures find the EICAR test file.
    package var findsEicar = false
    /// What they find in a file that is known to be clean; empty if nothing.
    package var falseAlarm = ""
    /// Each layer of the sandbox, as a child found it.
    package var sandbox: [SandboxLayer] = []

    /// Which signatures are filtered.
    package var matching = MatchingFacts()

    package static let maximumSandboxLayers = 32
    package static let maximumDatabases = 200
    static let maximumName = 255

    package init(
        engine: String, signatures: Int64, databases: [SignatureDatabase], findsEicar: Bool = false,
        falseAlarm: String = "", sandbox: [SandboxLayer] = []
    ) {
        self.engine = engine
        self.signatures = signatures
        self.databases = databases
        self.findsEicar = findsEicar
        self.falseAlarm = falseAlarm
        self.sandbox = sandbox
    }

    func write(to writer: inout PacketWriter) {
        writer.write(engine)
        writer.write(signatures)
        writer.write(databases, atMost: Self.maximumDatabases) { writer, database in
            writer.write(database.name, atMost: Self.maximumName)
            writer.write(database.version != nil)
            writer.write(database.version ?? 0)
            writer.write(database.signatures ?? 0)
            writer.write(database.built.milliseconds)
        }
        writer.write(findsEicar)
        writer.write(falseAlarm, atMost: Self.maximumName)
        writer.write(sandbox, atMost: Self.maximumSandboxLayers) { writer, layer in
            writer.write(layer.name, atMost: Self.maximumName)
            writer.write(layer.isGiven)
            writer.write(layer.detail, atMost: Self.maximumName)
        }
        matching.write(to: &writer)
    }

    init(from reader: inout PacketReader) throws(PacketError) {
        engine = try reader.text()
        signatures = try reader.count("signatures")
        databases = try reader.list("databases", atMost: Self.maximumDatabases) { reader throws(PacketError) in
            let name = try reader.text(atMost: Self.maximumName)
            let hasVersion = try reader.flag()
            let version: Int64 = try reader.number()
            return SignatureDatabase(
                name: name, version: hasVersion ? version : nil, signatures: try reader.count("signatures"),
                built: Timestamp(milliseconds: try reader.number()))
        }
        findsEicar = try reader.flag()
        falseAlarm = try reader.text(atMost: Self.maximumName)
        sandbox = try reader.list("sandbox", atMost: Self.maximumSandboxLayers) { reader throws(PacketError) in
            SandboxLayer(
                try reader.text(atMost: Self.maximumName), isGiven: try reader.flag(),
                detail: try reader.text(atMost: Self.maximumName))
        }
        matching = try MatchingFacts(from: &reader)
    }
}

/// One layer of the sandbox: `seccomp`, `landlock`, `network-namespace`, …
package struct SandboxLayer: Sendable, Equatable {
    package let name: String
    /// Whether this kernel grants it to this user.
    package let isGiven: Bool
    /// For people: what the layer consists of, or why it is missing.
    package let detail: String

    package init(_ name: String, isGiven: Bool, detail: String = "") {
        self.name = name
        self.isGiven = isGiven
        self.detail = detail
    }
}
